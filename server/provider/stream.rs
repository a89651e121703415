//! Makes one call to a model: the request, again without what the model refuses, and the answer as events.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{Answer, Decoder};
use super::http::{Failure, Http};
use super::parameters::{self, RefusedParameters};
use super::{Event, EventStream, ProviderError, Request, deadlines};

/// One attempt's body, and the parameters in it that a model may refuse.
pub(super) struct Attempt {
    pub path: &'static str,
    pub body: Value,
    pub optional: Vec<&'static str>,
}

/// Makes the call: sends what `attempt` builds, again without a parameter that is refused,
/// then reads the answer with what `decoder` builds.
pub(super) async fn complete<D: Decoder>(
    http: &Http,
    refused: &RefusedParameters,
    request: Arc<Request>,
    attempt: impl Fn(&Request) -> Attempt,
    decoder: impl FnOnce(&Request) -> D,
) -> Result<EventStream, ProviderError> {
    let started = Instant::now();
    let secrets = http.secrets.with_request(request.clone());
    let mut notices = Vec::new();
    let response = loop {
        let Attempt {
            path,
            body,
            optional,
        } = attempt(&request);
        let refusal = match http.post(path, &body, started).await {
            Ok(response) => break response,
            Err(Failure::Failed(error)) => return Err(error),
            Err(Failure::Refused(refusal)) => refusal,
        };
        match parameters::refused(&refusal, &optional) {
            // Ends: what is refused is not among the optional ones of the next attempt.
            Some(name) if !refused.contains(&request.model, name) => {
                refused.insert(&request.model, name);
                notices.push(Event::Notice(parameters::notice(&request.model, name)));
            }
            _ => return Err(refusal.into_error(&http.server, &request.model, &secrets)),
        }
    };
    let bytes = response.bytes_stream().boxed();
    let mut answer = Answer::new(bytes, decoder(&request), http.server.clone());
    answer.begin(notices);
    answer.asked(&request.model, secrets);
    answer.waits_within(http.deadlines.idle);
    answer.tells_once(http.told_unread.clone());
    Ok(deadlines::enforce(answer.events(), http.deadlines, started))
}
