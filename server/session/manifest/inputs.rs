//! Holds what chunks were written from, by which it is known later whether they are stale. Pure.
//!
//! Most prompts of a story hold much the same, so what records have in common is held once: in memory by sharing it,
//! in manifest.json by a list that the records refer to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::story::Digest;

/// A slice of a prompt, with the digest of its text.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Input {
    /// The name of the slice: "setting", "rule 3", "cast Mara Voss".
    pub slice: String,
    pub sha256: Digest,
}

/// The slices of one prompt, in the order of their names. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(Vec<Arc<Input>>);

impl Inputs {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, slice: &str) -> Option<&Digest> {
        let at = self.place(slice).ok()?;
        self.0.get(at).map(|input| &input.sha256)
    }

    /// Returns names and digests.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.0
            .iter()
            .map(|input| (input.slice.as_str(), &input.sha256))
    }

    pub(crate) fn insert(&mut self, slice: String, sha256: Digest) {
        let place = self.place(&slice);
        let input = Arc::new(Input { slice, sha256 });
        match place {
            Ok(at) => self.0[at] = input,
            Err(at) => self.0.insert(at, input),
        }
    }

    fn place(&self, slice: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|input| input.slice.as_str().cmp(slice))
    }
}

impl From<BTreeMap<String, Digest>> for Inputs {
    fn from(inputs: BTreeMap<String, Digest>) -> Inputs {
        let inputs = inputs.into_iter();
        let inputs = inputs.map(|(slice, sha256)| Arc::new(Input { slice, sha256 }));
        Inputs(inputs.collect())
    }
}

impl FromIterator<(String, Digest)> for Inputs {
    fn from_iter<I: IntoIterator<Item = (String, Digest)>>(inputs: I) -> Inputs {
        BTreeMap::from_iter(inputs).into()
    }
}

impl PartialEq<BTreeMap<String, Digest>> for Inputs {
    fn eq(&self, other: &BTreeMap<String, Digest>) -> bool {
        let others = other.iter().map(|(slice, digest)| (slice.as_str(), digest));
        self.iter().eq(others)
    }
}

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inputs, D::Error> {
        BTreeMap::deserialize(deserializer).map(Inputs::from)
    }
}

/// The inputs of many records, each once, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct SharedInputs {
    list: Vec<Arc<Input>>,
    places: HashMap<Arc<Input>, u32>,
}

impl SharedInputs {
    /// Returns the inputs as the manifest has them.
    pub(super) fn into_list(self) -> Vec<Input> {
        let list = self.list.into_iter();
        list.map(|input| Input::clone(&input)).collect()
    }

    /// Returns where the inputs of a record are in the list; those that are not there yet are added.
    pub(super) fn places_of(&mut self, inputs: &Inputs) -> Vec<u32> {
        let place = |input: &Arc<Input>| match self.places.get(input) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
                self.list.push(Arc::clone(input));
                self.places.insert(Arc::clone(input), place);
                place
            }
        };
        inputs.0.iter().map(place).collect()
    }

    /// Returns the same inputs, those of the list in the place of equal ones; `None` where they are in the list
    /// themselves.
    pub(super) fn shared(&mut self, inputs: &Inputs) -> Option<Inputs> {
        let places = self.places_of(inputs);
        let shared = at_places(&self.list, &places);
        let mut pairs = shared.0.iter().zip(&inputs.0);
        let is_same = pairs.all(|(shared, own)| Arc::ptr_eq(shared, own));
        (!is_same).then_some(shared)
    }
}

/// Returns the inputs at these places of a list. A place that the list does not have is left out.
pub(super) fn at_places(list: &[Arc<Input>], places: &[u32]) -> Inputs {
    let mut inputs: Vec<Arc<Input>> = places
        .iter()
        .filter_map(|place| list.get(*place as usize).cloned())
        .collect();
    inputs.sort();
    inputs.dedup_by(|one, other| one.slice == other.slice);
    Inputs(inputs)
}
