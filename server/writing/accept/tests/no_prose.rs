//! Answers that have no prose in them at all.

use super::super::{CallEnd, Check};
use super::PROSE;
use super::kinds::Becomes::*;
use super::kinds::{Kind, LIMIT, kind};
use crate::provider::FinishReason;

pub(crate) fn nothing() -> Vec<Kind> {
    let refused = CallEnd::Finished(FinishReason::Refusal);
    let mut kinds = vec![
        kind("an empty answer", "", AskedAgain, Check::EmptyAnswer),
        kind(
            "white space only",
            " \n\n\t\n",
            AskedAgain,
            Check::EmptyAnswer,
        ),
        kind(
            "no word before the limit",
            "",
            AskedAgain,
            Check::EmptyAnswer,
        )
        .ending(LIMIT),
        kind(
            "refused by the server",
            "I can't.",
            AskedAgain,
            Check::Refusal,
        )
        .ending(refused),
        kind(
            "scene breaks only",
            "* * *\n\n---",
            AskedAgain,
            Check::StrayRule,
        ),
        kind(
            "a heading only",
            "# The Logbook",
            AskedAgain,
            Check::HeadingEcho,
        ),
    ];
    for (name, tag, text) in [
        (
            "a refusal",
            "en",
            "I’m sorry, but I can’t help with that request.",
        ),
        ("a short refusal", "en", "I cannot continue."),
        (
            "a refusal as an AI",
            "en",
            "As an AI language model, I am not able to write scenes in which somebody is alone.",
        ),
        (
            "a refusal, Spanish",
            "es",
            "Lo siento, pero no puedo ayudar con esa solicitud.",
        ),
        (
            "a refusal, German",
            "de",
            "Es tut mir leid, aber ich kann diese Geschichte nicht fortsetzen.",
        ),
        (
            "a refusal, French",
            "fr",
            "Je suis désolé, mais je ne peux pas répondre à cette demande.",
        ),
        (
            "a refusal, Italian",
            "it",
            "Mi dispiace, ma non posso soddisfare questa richiesta.",
        ),
        (
            "a refusal, Portuguese",
            "pt",
            "Desculpe, mas não posso continuar esta história.",
        ),
        (
            "a refusal, Japanese",
            "ja",
            "申し訳ございませんが、そのご要望にはお応えできません。",
        ),
        ("a refusal, Chinese", "zh", "很抱歉，我无法续写这个故事。"),
        (
            "a refusal, Arabic",
            "ar",
            "عذراً، لا أستطيع كتابة هذا المشهد.",
        ),
        (
            "a refusal, Korean",
            "ko",
            "죄송하지만 이 요청에는 응할 수 없습니다.",
        ),
        (
            "a refusal, Russian",
            "ru",
            "Извините, но я не могу продолжить эту историю.",
        ),
        (
            "a refusal in English of a Japanese story",
            "ja",
            "I'm sorry, but I can't assist with that.",
        ),
    ] {
        kinds.push(kind(name, text, AskedAgain, Check::Refusal).in_language(tag));
    }
    let offer = format!(
        "I can’t write this scene as it involves graphic content. Here is another one.\n\n{PROSE}"
    );
    kinds.push(kind(
        "a refusal with another scene",
        offer,
        AskedAgain,
        Check::Refusal,
    ));
    kinds
}
