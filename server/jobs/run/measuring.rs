//! Learns how a model counts tokens before its first answer: from earlier jobs, else from a sample of the
//! prompt, where that may or may not fit. Estimates of different models differ by a factor of up to five.

use std::time::Duration;

use futures::StreamExt;

use super::connected_model::ConnectedModel;
use super::prepared::Prepared;
use super::workshop::OpenSession;
use crate::jobs::run::blocking::blocking;
use crate::provider::{Event, ProviderKind, Request, Usage};
use crate::settings::Settings;
use crate::writing::prompt::Prompt;
use crate::writing::tokens::{Answered, Estimator, PromptLimit, Weight};

/// The length of the sample, in characters.
const SAMPLE: usize = 4_000;
/// The most tokens of the answer, which is not used.
const ANSWER: u32 = 16;
/// The longest wait for the count.
const PATIENCE: Duration = Duration::from_secs(120);

/// Returns the limit by which a prompt may still fit that seems too large by the first estimate; `None` where
/// the model's way of counting is known.
pub fn benefit_of_doubt(model: &ConnectedModel, settings: &Settings) -> Option<PromptLimit> {
    let is_known = model.kind == ProviderKind::Demo || model.tokenizers.knows(&model.name);
    (!is_known).then(|| PromptLimit {
        estimator: Estimator::least(),
        ..model.limit(settings)
    })
}

/// Returns the text by which a prompt is measured: the beginning of its largest block.
pub fn sample(prompt: &Prompt) -> &str {
    let blocks = prompt.blocks.iter().map(|block| block.text.as_str());
    first_characters(blocks.max_by_key(|text| text.len()).unwrap_or_default())
}

/// Returns the beginning of a text, of the length of a sample.
pub fn first_characters(text: &str) -> &str {
    let end = text.char_indices().nth(SAMPLE).map(|(at, _)| at);
    &text[..end.unwrap_or(text.len())]
}

/// Has the model count a sample and returns the usage. The model's tokenizer estimates learn from it.
pub async fn measure(model: &ConnectedModel, settings: &Settings, sample: &str) -> Usage {
    let request = Request {
        model: model.name.clone(),
        system: "Answer with OK and nothing else.".to_owned(),
        user: vec![sample.to_owned()],
        max_output_tokens: ANSWER,
        prompt_tokens: 0,
        context_tokens: 0,
        temperature: None,
        seed: None,
        thinking: Default::default(),
        format: None,
        extension: Default::default(),
    };
    let request = model.in_window(request, settings.context_tokens);
    let asked = Weight::of_request(&request);
    let mut usage = Usage::default();
    let listening = async {
        // A server that fails here fails the call that follows, in its own words.
        let Ok(mut stream) = model.complete(request).await else {
            return;
        };
        while let Some(Ok(event)) = stream.next().await {
            if let Event::Usage(told) = event {
                usage.update(told);
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, listening).await;
    let call = Answered {
        asked,
        usage,
        text: None,
        words: 0,
    };
    model.tokenizers.note(&model.name, &call);
    usage
}

impl Prepared {
    /// Loads what earlier jobs of the session learned of the model's tokens, and notes how large the answers
    /// are going to be.
    pub(crate) async fn recall_tokenizers(&self, open: &OpenSession, model: &ConnectedModel) {
        let session = open.session.clone();
        let kept = blocking(move || session.tokenizers()).await;
        let language = &self.story.brief.language;
        let (tokenizers, name) = (&model.tokenizers, &model.name);
        tokenizers.begin(language, kept.as_deref());
        let longest = self.plan.iter().map(|chunk| chunk.target_words).max();
        let answer = tokenizers.of_words(name, longest.unwrap_or_default(), language);
        tokenizers.expect_answer(answer.saturating_add(256));
    }
}
