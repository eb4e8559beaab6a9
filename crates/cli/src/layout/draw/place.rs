//! Where everything stands, so that no text meets another text or a line.
//!
//! From left to right, columns of boxes alternate with gaps. A gap has two zones: in the first, arrows change their height and
//! nothing is written; in the second, they run level and carry their labels. An arrow that passes a column has a slot of its
//! own there, as a box has.

use super::boxes::{Content, as_f64};
use super::chain::{Arrow, Chain};
use super::svg;

pub(super) const LABEL_SIZE: f64 = 11.0;
pub(super) const LABEL_HEIGHT: f64 = 14.0;
pub(super) const MARGIN: f64 = 28.0;
const HEADING_HEIGHT: f64 = 34.0;
const LABEL_CHARACTERS_MAX: usize = 40;
const LABELS_SHOWN_MAX: usize = 4;
const TURN_WIDTH: f64 = 56.0;
const ROW_GAP: f64 = 34.0;
const PASS_HEIGHT: f64 = 10.0;
const LANE_HEIGHT: f64 = 14.0;

/// All boxes and arrows at their places.
pub(super) struct Picture {
    pub(super) boxes: Vec<Placed>,
    pub(super) arrows: Vec<Route>,
    pub(super) width: f64,
    pub(super) height: f64,
}

pub(super) struct Placed {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) content: Content,
}

/// An arrow from box to box.
pub(super) struct Route {
    pub(super) points: Vec<Leg>,
    pub(super) labels: Vec<String>,
    /// Where the labels begin, and the line under the last of them.
    pub(super) label_x: f64,
    pub(super) label_y: f64,
    pub(super) backwards: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Leg {
    /// Straight.
    Line(f64, f64),
    /// In a curve that leaves and arrives level.
    Curve(f64, f64),
}

/// One thing in a column: a box, or an arrow that passes.
struct Slot {
    what: What,
    height: f64,
    y: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Box(usize),
    Pass(usize),
}

/// The state while columns are filled.
struct Grid<'c> {
    chain: &'c Chain,
    labels: Vec<Vec<String>>,
    columns: Vec<Vec<Slot>>,
}

impl Picture {
    pub(super) fn of(chain: &Chain, mut contents: Vec<Content>) -> Self {
        let labels: Vec<Vec<String>> = chain.arrows.iter().map(shown_labels).collect();
        for (node, content) in contents.iter_mut().enumerate() {
            let arriving = chain
                .arrows
                .iter()
                .zip(&labels)
                .filter(|(arrow, _)| arrow.to == node);
            let ports: f64 = arriving.map(|(_, labels)| port_height(labels)).sum();
            content.height = content.height.max(ports + 12.0);
        }
        let mut grid = Grid::new(chain, labels, &contents);
        grid.order();
        grid.settle();
        grid.picture(contents)
    }
}

fn shown_labels(arrow: &Arrow) -> Vec<String> {
    let shown = arrow.labels.iter().take(LABELS_SHOWN_MAX);
    let mut labels: Vec<String> = shown
        .map(|label| svg::cut(label, LABEL_CHARACTERS_MAX))
        .collect();
    if arrow.labels.len() > LABELS_SHOWN_MAX {
        labels.push(format!(
            "and {} more",
            arrow.labels.len() - LABELS_SHOWN_MAX
        ));
    }
    labels
}

fn port_height(labels: &[String]) -> f64 {
    LABEL_HEIGHT * as_f64(labels.len()) + 12.0
}

impl<'c> Grid<'c> {
    fn new(chain: &'c Chain, labels: Vec<Vec<String>>, contents: &[Content]) -> Self {
        let count = chain
            .nodes
            .iter()
            .map(|node| node.column + 1)
            .max()
            .unwrap_or(0);
        let mut columns: Vec<Vec<Slot>> = (0..count).map(|_| Vec::new()).collect();
        let mut add = |column: usize, what: What, height: f64| {
            columns[column].push(Slot {
                what,
                height,
                y: 0.0,
            });
        };
        for (at, node) in chain.nodes.iter().enumerate() {
            add(node.column, What::Box(at), contents[at].height);
        }
        for (at, arrow) in chain.arrows.iter().enumerate() {
            let (from, to) = (chain.nodes[arrow.from].column, chain.nodes[arrow.to].column);
            for column in from + 1..to {
                add(column, What::Pass(at), PASS_HEIGHT);
            }
        }
        Self {
            chain,
            labels,
            columns,
        }
    }

    /// Orders each column by where its arrows come from, so that few of them cross.
    fn order(&mut self) {
        for column in 1..self.columns.len() {
            let mut slots: Vec<(f64, Slot)> = Vec::new();
            for slot in std::mem::take(&mut self.columns[column]) {
                let rows = self.sources(column, slot.what).map(|(row, _)| as_f64(row));
                slots.push((mean(rows).unwrap_or(f64::MAX), slot));
            }
            slots.sort_by(|one, other| one.0.total_cmp(&other.0));
            self.columns[column] = slots.into_iter().map(|(_, slot)| slot).collect();
        }
    }

    /// The slots in the column before that lead to this one, with their rows.
    fn sources(&self, column: usize, what: What) -> impl Iterator<Item = (usize, &Slot)> {
        let arrows: Vec<usize> = match what {
            What::Pass(at) => vec![at],
            What::Box(node) => {
                let all = self.chain.arrows.iter().enumerate();
                let arriving = all.filter(|(_, arrow)| arrow.to == node && !arrow.backwards);
                arriving.map(|(at, _)| at).collect()
            }
        };
        let before = self.columns[column - 1].iter().enumerate();
        before.filter(move |(_, slot)| {
            arrows.iter().any(|&at| {
                slot.what == What::Pass(at) || slot.what == What::Box(self.chain.arrows[at].from)
            })
        })
    }

    /// Gives each slot the height of what leads to it, as far as its neighbours let it.
    fn settle(&mut self) {
        for column in 0..self.columns.len() {
            let wanted: Vec<Option<f64>> = self.columns[column]
                .iter()
                .map(|slot| {
                    let centres = (column > 0)
                        .then(|| self.sources(column, slot.what))
                        .into_iter()
                        .flatten()
                        .map(|(_, source)| source.y + source.height / 2.0);
                    mean(centres).map(|centre| centre - slot.height / 2.0)
                })
                .collect();
            let mut floor = f64::MIN;
            let mut moved = Vec::new();
            for (slot, wanted) in self.columns[column].iter_mut().zip(wanted) {
                let lowest = if floor == f64::MIN { 0.0 } else { floor };
                slot.y = wanted.map_or(lowest, |wanted| wanted.max(floor));
                // Boxes stand where their arrows are straight; arrows that pass give way.
                let is_box = matches!(slot.what, What::Box(_));
                moved.extend(wanted.filter(|_| is_box).map(|wanted| slot.y - wanted));
                floor = slot.y + slot.height + ROW_GAP;
            }
            let back = mean(moved.into_iter()).unwrap_or(0.0);
            for slot in &mut self.columns[column] {
                slot.y -= back;
            }
        }
        let slots = || self.columns.iter().flatten();
        let top = slots().map(|slot| slot.y).fold(f64::MAX, f64::min);
        for slot in self.columns.iter_mut().flatten() {
            slot.y += MARGIN + HEADING_HEIGHT - top;
        }
    }

    fn picture(self, contents: Vec<Content>) -> Picture {
        let xs = self.horizontal(&contents);
        let bottom = self
            .columns
            .iter()
            .flatten()
            .map(|slot| slot.y + slot.height)
            .fold(MARGIN + HEADING_HEIGHT, f64::max);
        let mut arrows = Vec::new();
        let mut lanes = 0;
        for at in 0..self.chain.arrows.len() {
            let route = self.route(at, &contents, &xs, bottom, lanes);
            lanes += usize::from(route.backwards);
            arrows.push(route);
        }
        let right = xs.last().map_or(MARGIN, |x| x.right);
        // Arrows that run back leave the last column to the right.
        let turning = if lanes > 0 { TURN_WIDTH } else { 0.0 };
        let mut boxes = Vec::new();
        for (node, content) in contents.into_iter().enumerate() {
            let column = &xs[self.chain.nodes[node].column];
            let x = column.boxes + (column.right - column.boxes - content.width) / 2.0;
            boxes.push(Placed {
                x,
                y: self.y_of(node),
                content,
            });
        }
        Picture {
            boxes,
            arrows,
            width: right + turning + MARGIN,
            height: bottom + as_f64(lanes) * LANE_HEIGHT + MARGIN + 18.0,
        }
    }

    /// The zones of each column and of the gap before it.
    fn horizontal(&self, contents: &[Content]) -> Vec<Zones> {
        let mut x = MARGIN;
        let mut zones = Vec::new();
        for (at, slots) in self.columns.iter().enumerate() {
            let nodes = slots.iter().filter_map(|slot| match slot.what {
                What::Box(node) => Some(node),
                What::Pass(_) => None,
            });
            let nodes: Vec<usize> = nodes.collect();
            let arrows = self.chain.arrows.iter().zip(&self.labels);
            let labels = arrows.filter(|(arrow, _)| nodes.contains(&arrow.to));
            let labels: Vec<f64> = labels
                .flat_map(|(_, labels)| labels)
                .map(|label| svg::width(label, LABEL_SIZE))
                .collect();
            let turn = x;
            let has_gap = at > 0 || !labels.is_empty();
            let label = turn + if has_gap { TURN_WIDTH } else { 0.0 };
            let widest = labels.iter().copied().fold(0.0, f64::max);
            let boxes = label + widest + if has_gap { 20.0 } else { 0.0 };
            let width = nodes
                .iter()
                .map(|node| contents[*node].width)
                .fold(0.0, f64::max);
            x = boxes + width;
            zones.push(Zones {
                turn,
                label,
                boxes,
                right: x,
            });
        }
        zones
    }

    fn y_of(&self, node: usize) -> f64 {
        self.slot_y(self.chain.nodes[node].column, What::Box(node))
    }

    fn slot_y(&self, column: usize, what: What) -> f64 {
        let slot = self.columns[column].iter().find(|slot| slot.what == what);
        slot.map_or(0.0, |slot| slot.y)
    }

    fn route(
        &self,
        at: usize,
        contents: &[Content],
        xs: &[Zones],
        bottom: f64,
        lane: usize,
    ) -> Route {
        let arrow = &self.chain.arrows[at];
        let (from, to) = (
            self.chain.nodes[arrow.from].column,
            self.chain.nodes[arrow.to].column,
        );
        let side = |node: usize, column: usize| {
            (xs[column].right - xs[column].boxes - contents[node].width) / 2.0
        };
        let start_x = xs[from].right - side(arrow.from, from);
        let start_y = self.exit(at, contents);
        let (end_x, end_y) = (xs[to].boxes + side(arrow.to, to), self.port(at, contents));
        let mut points = vec![
            Leg::Line(start_x, start_y),
            Leg::Line(xs[from].right, start_y),
        ];
        if arrow.backwards {
            let lane_y = bottom + LANE_HEIGHT * (as_f64(lane) + 1.0);
            let shift = 6.0 + as_f64(lane % 6) * 6.0;
            points.push(Leg::Line(xs[from].right + shift, start_y));
            points.push(Leg::Line(xs[from].right + shift, lane_y));
            points.push(Leg::Line(xs[to].turn + shift, lane_y));
            points.push(Leg::Line(xs[to].turn + shift, end_y));
        } else {
            for (column, zones) in xs.iter().enumerate().take(to).skip(from + 1) {
                let y = self.slot_y(column, What::Pass(at)) + PASS_HEIGHT / 2.0;
                points.push(Leg::Curve(zones.label, y));
                points.push(Leg::Line(zones.right, y));
            }
            points.push(Leg::Curve(xs[to].label, end_y));
        }
        points.push(Leg::Line(end_x, end_y));
        Route {
            points,
            labels: self.labels[at].clone(),
            label_x: xs[to].label + 4.0,
            label_y: end_y - 5.0,
            backwards: arrow.backwards,
        }
    }

    /// Where the arrow reaches its box: each has room for its labels above it, in the order of where they come from.
    fn port(&self, at: usize, contents: &[Content]) -> f64 {
        let node = self.chain.arrows[at].to;
        let all = self.chain.arrows.iter().enumerate();
        let mut arriving: Vec<(f64, usize)> = all
            .filter(|(_, arrow)| arrow.to == node)
            .map(|(other, arrow)| {
                let below = if arrow.backwards {
                    f64::MAX
                } else {
                    self.before(other)
                };
                (below, other)
            })
            .collect();
        arriving.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let total: f64 = arriving
            .iter()
            .map(|(_, other)| port_height(&self.labels[*other]))
            .sum();
        let mut y = self.y_of(node) + (contents[node].height - total) / 2.0;
        for (_, other) in &arriving {
            y += port_height(&self.labels[*other]);
            if *other == at {
                break;
            }
        }
        // A lone arrow arrives in the middle, so that a chain in one row is straight.
        if arriving.len() == 1 {
            self.y_of(node) + contents[node].height / 2.0
        } else {
            y - 6.0
        }
    }

    /// The height at which a forward arrow comes into the last gap.
    fn before(&self, at: usize) -> f64 {
        let arrow = &self.chain.arrows[at];
        let column = self.chain.nodes[arrow.to].column - 1;
        let pass = self.columns[column]
            .iter()
            .find(|slot| slot.what == What::Pass(at));
        match pass {
            Some(slot) => slot.y,
            None => {
                let from = self.columns[column]
                    .iter()
                    .find(|slot| slot.what == What::Box(arrow.from));
                from.map_or(0.0, |slot| slot.y + slot.height / 2.0)
            }
        }
    }

    /// Where the arrow leaves its box: a little apart from the others.
    fn exit(&self, at: usize, contents: &[Content]) -> f64 {
        let node = self.chain.arrows[at].from;
        let all = self.chain.arrows.iter().enumerate();
        let mut leaving: Vec<(f64, usize)> = all
            .filter(|(_, arrow)| arrow.from == node)
            .map(|(other, arrow)| (self.next(other, arrow), other))
            .collect();
        leaving.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let row = leaving
            .iter()
            .position(|(_, other)| *other == at)
            .unwrap_or(0);
        let apart = (contents[node].height / (as_f64(leaving.len()) + 1.0)).min(14.0);
        let middle = self.y_of(node) + contents[node].height / 2.0;
        middle + (as_f64(row) - (as_f64(leaving.len()) - 1.0) / 2.0) * apart
    }

    fn next(&self, at: usize, arrow: &Arrow) -> f64 {
        if arrow.backwards {
            return f64::MAX;
        }
        let column = self.chain.nodes[arrow.from].column + 1;
        let leads = |slot: &&Slot| slot.what == What::Pass(at) || slot.what == What::Box(arrow.to);
        let next = self.columns[column].iter().find(leads);
        next.map_or(0.0, |slot| slot.y + slot.height / 2.0)
    }
}

/// Where the parts of a column and of the gap before it begin.
struct Zones {
    turn: f64,
    label: f64,
    boxes: f64,
    right: f64,
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / as_f64(count))
}
