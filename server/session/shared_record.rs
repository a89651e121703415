//! Defines the record of a chunk that many views of a session hold at once.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::manifest::record::ChunkRecord;

/// Holds the record of a chunk, cheap to clone. A change of one clone leaves the others as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SharedRecord(Arc<ChunkRecord>);

impl SharedRecord {
    /// Tells whether both are clones of one record, so that they say the same.
    pub fn is_same(&self, other: &SharedRecord) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for SharedRecord {
    type Target = ChunkRecord;

    fn deref(&self) -> &ChunkRecord {
        &self.0
    }
}

impl DerefMut for SharedRecord {
    fn deref_mut(&mut self) -> &mut ChunkRecord {
        Arc::make_mut(&mut self.0)
    }
}

impl From<ChunkRecord> for SharedRecord {
    fn from(record: ChunkRecord) -> SharedRecord {
        SharedRecord(Arc::new(record))
    }
}

impl Serialize for SharedRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SharedRecord, D::Error> {
        ChunkRecord::deserialize(deserializer).map(SharedRecord::from)
    }
}

impl JsonSchema for SharedRecord {
    fn schema_name() -> Cow<'static, str> {
        ChunkRecord::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        ChunkRecord::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ChunkRecord::json_schema(generator)
    }
}
