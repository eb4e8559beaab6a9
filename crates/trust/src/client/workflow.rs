//! The client workflow of TUF 1.0.34 §5, over what is fetched and what is on the shelf.
//!
//! Files on a shelf, with the order in which an update writes them; the timestamp is what makes an update count:
//!
//! ```text
//! root/N.root.json                 each as soon as it is verified
//! online-MARK/seen.json            the newest timestamp that was verified: a floor
//! online-MARK/N.snapshot.json      the snapshot that it names
//! roles/N.ROLE.json                targets, and delegated roles when they are looked at
//! online-MARK/timestamp.json       the same timestamp, once all it leads to is there
//! floor                            the time of the newest update
//! files/SHA256                     target files
//! ```

use quorate::digest::Sha256;
use quorate::time::Timestamp;

use super::{Accepted, Fetch, Pin, Request, RoleStatus, Shelf, Status, Tree, TrustError, Trusted};
use crate::limits::TrustLimits;
use crate::metadata::{Authentic, Role, RoleName, Snapshot};

/// The file with the time floor.
const FLOOR: &str = "floor";
/// Bytes of a time.
const FLOOR_BYTES_MAX: usize = 64;

/// One update or look-up.
#[derive(Debug)]
pub struct Workflow<'s, S> {
    pub(super) shelf: &'s mut S,
    pub(super) trusted: Trusted,
    now: Timestamp,
    /// The pinned root, which is kept with those that follow.
    pinned: (String, Vec<u8>),
    pub(super) passed_over: Vec<String>,
    takes_media: bool,
    floor_max: Option<Timestamp>,
}

impl<'s, S: Shelf> Workflow<'s, S> {
    /// Begins from the pin, and from the newer roots on the shelf that follow from it.
    ///
    /// # Errors
    /// [`TrustError`] when the pinned root is not to be had or does not hold, or the shelf cannot be read.
    pub fn begin(
        shelf: &'s mut S,
        pin: &Pin,
        mut fetch: Option<&mut dyn Fetch>,
        now: Timestamp,
        limits: TrustLimits,
    ) -> Result<Self, TrustError> {
        let time = read_floor(shelf)?.map_or(now, |floor| floor.max(now));
        let bytes = pinned_root(shelf, pin, &mut fetch, &limits)?;
        let mut trusted = Trusted::from_pinned_root(&bytes, time, limits)?;
        if now < time {
            trusted.name_floor();
        }
        let name = format!("root/{}.root.json", trusted.root().version());
        let mut workflow = Self {
            shelf,
            trusted,
            now,
            pinned: (name, bytes),
            passed_over: Vec::new(),
            takes_media: false,
            floor_max: None,
        };
        workflow.take_stored_roots()?;
        Ok(workflow)
    }

    /// Takes a timestamp for media, too, in [`Self::update`].
    pub fn take_media(&mut self) {
        self.takes_media = true;
    }

    /// Lets [`Self::update`] raise the time floor up to this and no further: who judges by a time to come must not be bound by it for good.
    pub fn bound_floor(&mut self, floor_max: Timestamp) {
        self.floor_max = Some(floor_max);
    }

    /// Brings everything up to date (§5.3 to §5.6).
    ///
    /// # Errors
    /// [`TrustError`]; what was verified before stays on the shelf.
    pub fn update(&mut self, fetch: &mut dyn Fetch) -> Result<(), TrustError> {
        self.update_roots(fetch)?;
        self.trusted.refuse_expired_root()?;
        self.take_seen()?;
        let timestamp = self
            .fetched(
                fetch,
                Tree::Metadata,
                "timestamp.json",
                self.limits().timestamp_bytes_max,
            )?
            .ok_or_else(|| TrustError::Missing("timestamp.json".to_owned()))?;
        let online = self.online();
        let accepted = self.trusted.take_timestamp(&timestamp)?;
        self.refuse_unwanted_medium()?;
        if accepted == Accepted::New {
            self.shelf
                .write(&format!("{online}/seen.json"), &timestamp)?;
        }
        self.update_snapshot(fetch)?;
        self.load_role(&RoleName::targets(), None, Some(fetch))?;
        let committed = self.trusted.timestamp()?.bytes().to_vec();
        let name = format!("{online}/timestamp.json");
        if self
            .shelf
            .read(&name, self.limits().timestamp_bytes_max)
            .ok()
            .flatten()
            != Some(committed.clone())
        {
            self.shelf.write(&name, &committed)?;
        }
        self.raise_floor()?;
        self.prune()
    }

    /// Takes what the last update left on the shelf, without asking anybody.
    ///
    /// # Errors
    /// [`TrustError::NotStored`] when there was no complete update; others when something has expired or does not hold.
    pub fn load(&mut self) -> Result<(), TrustError> {
        self.trusted.refuse_expired_root()?;
        let online = self.online();
        let stored = |name: &str, bytes_max| -> Result<Vec<u8>, TrustError> {
            let found = self.shelf.read(name, bytes_max)?;
            found.ok_or_else(|| TrustError::NotStored(name.to_owned()))
        };
        let limits = *self.limits();
        let timestamp = stored(
            &format!("{online}/timestamp.json"),
            limits.timestamp_bytes_max,
        )?;
        self.trusted.take_timestamp(&timestamp)?;
        let version = self.trusted.timestamp()?.content().snapshot().version;
        let name = format!("{online}/{version}.snapshot.json");
        let snapshot = self
            .shelf
            .read(&name, limits.snapshot_bytes_max)?
            .ok_or(TrustError::NotStored(name))?;
        self.trusted.take_snapshot(&snapshot)?;
        self.load_role(&RoleName::targets(), None, None)
    }

    /// What is in force.
    pub fn status(&self) -> Status {
        fn of<R: Role>(role: &str, file: &Authentic<R>) -> RoleStatus {
            RoleStatus {
                role: role.to_owned(),
                version: file.version(),
                expires: file.expires(),
                signed_by: file.signers().to_vec(),
            }
        }
        let mut roles = vec![of("root", self.trusted.root())];
        roles.extend(
            self.trusted
                .timestamp()
                .ok()
                .map(|file| of("timestamp", file)),
        );
        roles.extend(
            self.trusted
                .snapshot()
                .ok()
                .map(|file| of("snapshot", file)),
        );
        roles.extend(
            self.trusted
                .roles()
                .map(|(name, file)| of(name.as_str(), file)),
        );
        Status {
            time: self.trusted.time(),
            clock_is_behind: self.now < self.trusted.time(),
            roles,
            passed_over: self.passed_over.clone(),
        }
    }

    /// Whoever serves a medium's timestamp to those who expect a new one every day could hold them up for as long as it lasts.
    fn refuse_unwanted_medium(&self) -> Result<(), TrustError> {
        let timestamp = self.trusted.timestamp()?;
        if self.takes_media || !timestamp.content().is_for_media() {
            return Ok(());
        }
        Err(TrustError::Medium {
            version: timestamp.version(),
            expires: timestamp.expires(),
        })
    }

    pub(super) fn limits(&self) -> &TrustLimits {
        self.trusted.limits()
    }

    /// The folder for what the online roles of today sign.
    fn online(&self) -> String {
        format!("online-{}", self.trusted.online_holders_mark())
    }

    fn take_stored_roots(&mut self) -> Result<(), TrustError> {
        while let Some(next) = self.trusted.root().version().next() {
            let name = format!("root/{next}.root.json");
            let read = self.shelf.read(&name, self.limits().root_bytes_max);
            let Some(bytes) = self.readable(&name, read)? else {
                break;
            };
            // A stored root that does not follow is not the repository's: the one that is will take its place.
            if let Err(refusal) = self.trusted.take_root(&bytes) {
                self.passed_over.push(format!("{name}: {refusal}"));
                break;
            }
        }
        Ok(())
    }

    /// §5.3: one by one, each kept at once, until there is no next.
    fn update_roots(&mut self, fetch: &mut dyn Fetch) -> Result<(), TrustError> {
        self.forget_other_online_roles()?;
        let (name, pinned) = &self.pinned;
        let stored = self.shelf.read(name, self.trusted.limits().root_bytes_max);
        if stored.ok().flatten().as_ref() != Some(pinned) {
            self.shelf.write(name, pinned)?;
        }
        let rotations_max = self.limits().root_rotations_max;
        for _ in 0..rotations_max {
            let Some(next) = self.trusted.root().version().next() else {
                return Ok(());
            };
            let name = format!("{next}.root.json");
            let bytes_max = self.limits().root_bytes_max;
            let Some(bytes) = self.fetched(fetch, Tree::Metadata, &name, bytes_max)? else {
                return Ok(());
            };
            self.trusted.take_root(&bytes)?;
            self.shelf.write(&format!("root/{name}"), &bytes)?;
            self.forget_other_online_roles()?;
        }
        Err(TrustError::TooManyRoots(rotations_max))
    }

    /// §5.3.11. Done before the next root is asked for and at the beginning of every update, so that a crash does not leave it out.
    fn forget_other_online_roles(&mut self) -> Result<(), TrustError> {
        let today = self.online();
        for name in self.shelf.names("")? {
            if name.starts_with("online-") && name != today {
                self.shelf.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Floors from earlier updates. What does not hold is passed over; it could as well be missing.
    fn take_seen(&mut self) -> Result<(), TrustError> {
        let online = self.online();
        for name in ["seen.json", "timestamp.json"].map(|name| format!("{online}/{name}")) {
            let read = self.shelf.read(&name, self.limits().timestamp_bytes_max);
            if let Some(bytes) = self.readable(&name, read)?
                && let Err(refusal) = self.trusted.take_seen_timestamp(&bytes)
            {
                self.passed_over.push(format!("{name}: {refusal}"));
            }
        }
        for name in self.shelf.names(&online)? {
            if !name.ends_with(".snapshot.json") {
                continue;
            }
            let name = format!("{online}/{name}");
            let read = self.shelf.read(&name, self.limits().snapshot_bytes_max);
            if let Some(bytes) = self.readable(&name, read)?
                && let Err(refusal) = self.trusted.take_seen_snapshot(&bytes)
            {
                self.passed_over.push(format!("{name}: {refusal}"));
            }
        }
        Ok(())
    }

    fn update_snapshot(&mut self, fetch: &mut dyn Fetch) -> Result<(), TrustError> {
        let pin = self.trusted.timestamp()?.content().snapshot().clone();
        if let Ok(seen) = self.trusted.snapshot()
            && seen.version() == pin.version
            && pin.matches(seen.bytes()).is_ok()
        {
            let bytes = seen.bytes().to_vec();
            return self.trusted.take_snapshot(&bytes);
        }
        let name = self.versioned(pin.version, "snapshot");
        let bytes_max = bounded(pin.length, self.limits().snapshot_bytes_max);
        let bytes = self
            .fetched(fetch, Tree::Metadata, &name, bytes_max)?
            .ok_or(TrustError::Missing(name))?;
        self.trusted.take_snapshot(&bytes)?;
        let name = format!("{}/{}.snapshot.json", self.online(), pin.version);
        Ok(self.shelf.write(&name, &bytes)?)
    }

    pub(super) fn is_consistent(&self) -> bool {
        self.trusted.root().content().consistent_snapshot()
    }

    pub(super) fn versioned(&self, version: crate::metadata::Version, name: &str) -> String {
        if self.is_consistent() {
            format!("{version}.{name}.json")
        } else {
            format!("{name}.json")
        }
    }

    pub(super) fn fetched(
        &self,
        fetch: &mut dyn Fetch,
        tree: Tree,
        name: &str,
        bytes_max: usize,
    ) -> Result<Option<Vec<u8>>, TrustError> {
        fetched(fetch, tree, name, bytes_max, self.limits())
    }

    /// A damaged file on the shelf is as good as none; a shelf that cannot be read at all is not.
    pub(super) fn readable(
        &mut self,
        name: &str,
        read: Result<Option<Vec<u8>>, crate::disk::DiskError>,
    ) -> Result<Option<Vec<u8>>, TrustError> {
        use crate::disk::DiskError;
        match read {
            Ok(found) => Ok(found),
            Err(refusal @ (DiskError::Kind(_) | DiskError::TooLong { .. })) => {
                self.passed_over.push(format!("{name}: {refusal}"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Only an update that succeeded raises the floor: a clock far ahead finds everything expired, and raises nothing.
    fn raise_floor(&mut self) -> Result<(), TrustError> {
        let time = self.trusted.time();
        let time = self.floor_max.map_or(time, |most| time.min(most));
        if read_floor(self.shelf)?.is_none_or(|floor| floor < time) {
            self.shelf.write(FLOOR, format!("{time}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Removes what the newest update no longer leads to. Roots stay: they are the history of trust.
    fn prune(&mut self) -> Result<(), TrustError> {
        let online = self.online();
        let snapshot = self.trusted.snapshot()?;
        let current = format!("{}.snapshot.json", snapshot.version());
        let snapshot = snapshot.content();
        let stale: Vec<String> = self
            .shelf
            .names("roles")?
            .into_iter()
            .filter(|name| !is_named(snapshot, name))
            .collect();
        for name in self.shelf.names(&online)? {
            if name.ends_with(".snapshot.json") && name != current {
                self.shelf.remove(&format!("{online}/{name}"))?;
            }
        }
        for name in stale {
            self.shelf.remove(&format!("roles/{name}"))?;
        }
        Ok(())
    }
}

/// Whether the snapshot leads to a file `VERSION.ROLE.json`.
fn is_named(snapshot: &Snapshot, file: &str) -> bool {
    let parts = file.strip_suffix(".json").and_then(|it| it.split_once('.'));
    let Some((version, role)) = parts else {
        return false;
    };
    let meta = RoleName::from_encoded(role)
        .ok()
        .and_then(|role| snapshot.meta(&role));
    meta.is_some_and(|meta| meta.version.to_string() == version)
}

pub(super) fn bounded(length: Option<u64>, bytes_max: usize) -> usize {
    length
        .and_then(|length| usize::try_from(length).ok())
        .map_or(bytes_max, |length| length.min(bytes_max))
}

fn fetched(
    fetch: &mut dyn Fetch,
    tree: Tree,
    name: &str,
    bytes_max: usize,
    limits: &TrustLimits,
) -> Result<Option<Vec<u8>>, TrustError> {
    let left = limits
        .update_seconds_max
        .saturating_sub(fetch.seconds_spent());
    if left == 0 {
        return Err(TrustError::TimeSpent {
            name: name.to_owned(),
            seconds_max: limits.update_seconds_max,
        });
    }
    let request = Request {
        tree,
        name,
        bytes_max,
        seconds_max: left.min(limits.fetch_seconds_max),
    };
    let failed = |source| TrustError::Fetch {
        name: name.to_owned(),
        source,
    };
    let found = fetch.fetch(&request).map_err(failed)?;
    // Whoever fetches may have been careless.
    if found.as_ref().is_some_and(|bytes| bytes.len() > bytes_max) {
        return Err(failed(super::FetchError::TooLong(bytes_max)));
    }
    Ok(found)
}

fn read_floor(shelf: &impl Shelf) -> Result<Option<Timestamp>, TrustError> {
    let Some(bytes) = shelf.read(FLOOR, FLOOR_BYTES_MAX)? else {
        return Ok(None);
    };
    std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| Timestamp::parse(text.strip_suffix('\n')?).ok())
        .map(Some)
        .ok_or(TrustError::Floor)
}

fn pinned_root(
    shelf: &mut impl Shelf,
    pin: &Pin,
    fetch: &mut Option<&mut dyn Fetch>,
    limits: &TrustLimits,
) -> Result<Vec<u8>, TrustError> {
    let (version, sha256) = match pin {
        Pin::Root(bytes) => return Ok(bytes.clone()),
        Pin::Digest { version, sha256 } => (version, sha256),
    };
    let name = format!("{version}.root.json");
    let stored = format!("root/{name}");
    let found = shelf.read(&stored, limits.root_bytes_max).ok().flatten();
    if let Some(bytes) = found.filter(|bytes| Sha256::of(bytes) == *sha256) {
        return Ok(bytes);
    }
    let Some(fetch) = fetch else {
        return Err(TrustError::NotStored(name));
    };
    let bytes = fetched(*fetch, Tree::Metadata, &name, limits.root_bytes_max, limits)?
        .ok_or_else(|| TrustError::Missing(name.clone()))?;
    if Sha256::of(&bytes) != *sha256 {
        return Err(TrustError::Pin(name));
    }
    shelf.write(&stored, &bytes)?;
    Ok(bytes)
}
