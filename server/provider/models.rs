//! Reads the list of models that a server offers, as OpenAI's and Anthropic's protocols have it.

use serde_json::Value;

use super::http::{Failure, Http};
use super::{ProviderError, ProviderErrorKind};

/// Asks for the names of all models.
pub(super) async fn list(http: &Http, path: &str) -> Result<Vec<String>, Failure> {
    let list = http.get(path).await?;
    let models = list["data"].as_array().into_iter().flatten();
    let names = models.filter_map(|model| model["id"].as_str());
    Ok(names.map(str::to_owned).collect())
}

/// Reads the names of all models out of an answer that may be a list of models; `None` where it is not.
pub(super) fn of_list(list: &Value) -> Option<impl Iterator<Item = String>> {
    let models = list["data"].as_array()?;
    let names: Option<Vec<&str>> = models.iter().map(|model| model["id"].as_str()).collect();
    let is_list = !models.is_empty() || list["object"] == "list";
    Some(names.filter(|_| is_list)?.into_iter().map(str::to_owned))
}

/// Tells whether a model writes at all, by its name.
pub(super) fn can_write(model: &str) -> bool {
    !model.to_lowercase().contains("embed")
}

/// Finds the first model that can write, for a server of which no setting says which one to use.
///
/// # Errors
/// The list can't be had, or there is none of that kind on it.
pub(super) async fn first(http: &Http, path: &str) -> Result<String, ProviderError> {
    let name = http.server.name();
    let unknown = |message: String| ProviderError::new(ProviderErrorKind::UnknownModel, message);
    let models = match list(http, path).await {
        Ok(models) => models,
        Err(Failure::Refused(refusal)) if refusal.is_no_such_path() => {
            return Err(unknown(format!(
                "{name} does not list its models. Set `model` to the one that it has."
            )));
        }
        Err(failure) => return Err(http.error(failure)),
    };
    let mut models = models.into_iter();
    models.find(|model| can_write(model)).ok_or_else(|| {
        unknown(format!(
            "{name} lists no model. Load one there, or set `model`."
        ))
    })
}

/// Tells whether a server that is not the vendor's lists a model.
pub(super) async fn offers(http: &Http, path: &str, model: &str) -> bool {
    http.server.vendor
        || list(http, path)
            .await
            .is_ok_and(|models| models.iter().any(|listed| listed == model))
}
