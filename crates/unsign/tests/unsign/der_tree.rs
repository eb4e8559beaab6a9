//! DER as a tree that can be changed and written again with the lengths that it then has.

/// An element: its tag, and its content or its children.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) tag: u8,
    pub(crate) content: Vec<u8>,
    pub(crate) children: Vec<Self>,
}

impl Node {
    pub(crate) fn leaf(tag: u8, content: &[u8]) -> Self {
        let (content, children) = (content.to_vec(), Vec::new());
        Self {
            tag,
            content,
            children,
        }
    }

    pub(crate) fn of(tag: u8, children: Vec<Self>) -> Self {
        let content = Vec::new();
        Self {
            tag,
            content,
            children,
        }
    }

    /// Reads one element and gives what is behind it.
    pub(crate) fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let tag = bytes[0];
        let (header, length) = match usize::from(bytes[1]) {
            short @ 0..=0x7f => (2, short),
            long => {
                let count = long & 0x7f;
                let digits = bytes[2..2 + count].iter();
                (2 + count, digits.fold(0, |n, b| n << 8 | usize::from(*b)))
            }
        };
        let (content, rest) = bytes[header..].split_at(length);
        if tag & 0x20 == 0 {
            return (Self::leaf(tag, content), rest);
        }
        let mut children = Vec::new();
        let mut left = content;
        while !left.is_empty() {
            let (child, behind) = Self::read(left);
            children.push(child);
            left = behind;
        }
        (Self::of(tag, children), rest)
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let inside: Vec<u8> = self.children.iter().flat_map(Self::write).collect();
        let content = [&self.content[..], &inside].concat();
        let length = content.len();
        let mut header = vec![self.tag];
        match length {
            0..=0x7f => header.push(length as u8),
            0x80..=0xff => header.extend([0x81, length as u8]),
            0x100..=0xffff => header.extend([0x82, (length >> 8) as u8, length as u8]),
            _ => header.extend([
                0x83,
                (length >> 16) as u8,
                (length >> 8) as u8,
                length as u8,
            ]),
        }
        [header, content].concat()
    }

    pub(crate) fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter()
            .fold(self, |node, index| &mut node.children[*index])
    }

    /// The paths of all elements below and at this one.
    pub(crate) fn paths(&self) -> Vec<Vec<usize>> {
        let mut paths = vec![Vec::new()];
        for (index, child) in self.children.iter().enumerate() {
            let below = child.paths().into_iter();
            paths.extend(below.map(|path| [&[index][..], &path].concat()));
        }
        paths
    }
}
