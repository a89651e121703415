//! Joins cut in every place of texts in many scripts.

use proptest::prelude::*;

use super::*;

#[test]
fn keeps_whole_words_to_continue_from() {
    for (text, kept) in [
        ("", ""),
        ("She opened the do", "She opened the "),
        ("She opened the ", "She opened the "),
        ("She opened the door.", "She opened the door."),
        ("It was Mara’", "It was Mara’"),
        ("It was Mara’s", "It was "),
        ("灯をともし", "灯をともし"),
        ("Él abrió la puer", "Él abrió la "),
        ("فتحت البا", "فتحت "),
    ] {
        assert_eq!(&text[..resume_point(text)], kept, "{text}");
    }
}

#[test]
fn joins_without_repeating_or_losing_words() {
    for (kept, continuation, expected) in [
        ("She opened the ", "door.", "She opened the door."),
        ("She opened the ", " door.", "She opened the door."),
        ("She opened the", "door.", "She opened the door."),
        ("She opened the ", "the door.", "She opened the door."),
        (
            "She opened the ",
            "She opened the door.",
            "She opened the door.",
        ),
        (
            "It rained.",
            "The lamp went out.",
            "It rained. The lamp went out.",
        ),
        ("It rained.", "\n\nThe lamp.", "It rained.\n\nThe lamp."),
        ("It rained.\n\n", "The lamp.", "It rained.\n\nThe lamp."),
        (
            "It rained all night.",
            "It rained all night. Then not.",
            "It rained all night. Then not.",
        ),
        ("He said, “", "Go.”", "He said, “Go.”"),
        ("“Go", ",” he said.", "“Go,” he said."),
        ("彼女は扉を", "開けた。", "彼女は扉を開けた。"),
        ("彼女は扉を", "扉を開けた。", "彼女は扉を開けた。"),
        ("فتحت ", "الباب.", "فتحت الباب."),
        ("", "  The lamp.", "The lamp."),
        // A word may well be there twice.
        ("“No, ", "no,” she said.", "“No, no,” she said."),
        ("她慢", "慢走开。", "她慢慢走开。"),
        // Two sentences may well begin alike.
        ("The end. The ", "lamp.", "The end. The lamp."),
        ("I saw it.", "It saw me.", "I saw it. It saw me."),
    ] {
        let joined = format!("{kept}{}", join(kept, continuation));
        assert_eq!(joined, expected, "{kept:?} + {continuation:?}");
    }
}

/// Sentences that repeat no word at once, each with a break between paragraphs.
const TEXTS: [&str; 16] = [
    "She opened the door, and the lamp went out. \u{201c}Who is there?\u{201d} Mara asked.\n\nNobody said a word; \
     the well-worn stair creaked.",
    "Él abrió la puerta y la lámpara se apagó. —¿Quién anda ahí? —preguntó Mara.\n\n¡Nadie! Sólo crujía la \
     escalera vieja, peldaño a peldaño.",
    "Sie öffnete die Tür, da erlosch das Licht. „Wer ist dort?“, fragte Mara.\n\nNiemand antwortete; nur die \
     Treppe ächzte ein wenig.",
    "Elle ouvrit la porte et la lampe s’éteignit. « Qui est là ? » demanda-t-elle.\n\nPersonne n’a répondu ; \
     l’escalier craquait.",
    "Она открыла дверь, и лампа погасла. — Кто там? — спросила Мара.\n\nНикто не ответил; только лестница \
     скрипнула.",
    "Άνοιξε την πόρτα και η λάμπα έσβησε. «Ποιος είναι;» ρώτησε η Μάρα.\n\nΚανείς δεν απάντησε· έτριξε μόνο \
     το σκαλί.",
    "فتحت مارا الباب فانطفأ المصباح. «من هناك؟» سألت بصوت خافت.\n\nلم يجب أحد، وصرّ الدرج القديم تحت قدميها.",
    "היא פתחה את הדלת והמנורה כבתה. \"מי שם?\" שאלה מרה.\n\nאיש לא ענה; רק המדרגה חרקה.",
    "उसने दरवाज़ा खोला और दीपक बुझ गया। “कौन है?” मारा ने पूछा।\n\nकिसी ने उत्तर नहीं दिया; पुरानी सीढ़ी चरमराई।",
    "彼女は扉を開けた。灯が消えた。「誰なの？」とマラは尋ねた。\n\n答えはない。古い階段だけが、かすかに鳴った。",
    "她打开了门，灯灭了。“谁在那里？”马拉问道。\n\n没有人回答；只有旧楼梯轻声作响。",
    "그녀가 문을 열자 등불이 꺼졌다. “거기 누구야?” 마라가 물었다.\n\n아무도 대답하지 않았고, 낡은 계단만 삐걱거렸다.",
    "เธอเปิดประตูแล้วตะเกียงก็ดับ “ใครอยู่ตรงนั้น” มาราถาม\n\nไม่มีใครตอบ มีเพียงบันไดเก่าที่ลั่นเบา",
    "Kapıyı açtı, lamba söndü. “Kim var orada?” diye sordu Mara.\n\nKimse cevap vermedi; eski merdiven gıcırdadı.",
    "Cô mở cửa và ngọn đèn tắt. “Ai ở đó?” Mara hỏi.\n\nKhông ai trả lời; chỉ cầu thang cũ kêu cót két.",
    "Ovi avautui, ja lamppu sammui… “Kuka siellä?” kysyi Mara\u{2009}🕯\u{fe0f}.\n\nKukaan ei vastannut; vanha porras narahti.",
];

fn cut(text: &str, at: prop::sample::Index) -> &str {
    let cuts: Vec<usize> = text
        .char_indices()
        .map(|(start, _)| start)
        .skip(1)
        .collect();
    &text[..cuts[at.index(cuts.len())]]
}

/// Without regard to which white space is between words, or whether there is any in scripts
/// that have none: it can be lost with an answer that was trimmed.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::new();
    for part in text.split_whitespace() {
        let ends = [squeezed.chars().next_back(), part.chars().next()];
        // French has a space in there, others have none; nothing tells at the first one.
        let is_quoted = squeezed.ends_with('«');
        if !is_quoted && !ends.into_iter().flatten().any(takes_no_space) {
            squeezed.push(' ');
        }
        squeezed.push_str(part);
    }
    squeezed
}

proptest! {
    /// Cut off anywhere and gone on with from there: the text is as if it had not been.
    #[test]
    fn an_exact_continuation_shows_no_seam(
        text in prop::sample::select(TEXTS.as_slice()),
        at in any::<prop::sample::Index>(),
    ) {
        let broken = cut(text, at);
        let kept = &broken[..resume_point(broken)];
        let rest = &text[kept.len()..];
        prop_assert_eq!(format!("{kept}{}", join(kept, rest)), text);
    }

    /// Most servers trim an answer: no word is glued to another, none is lost or doubled.
    #[test]
    fn a_trimmed_continuation_shows_no_seam(
        text in prop::sample::select(TEXTS.as_slice()),
        at in any::<prop::sample::Index>(),
    ) {
        let broken = cut(text, at);
        let kept = &broken[..resume_point(broken)];
        let joined = format!("{kept}{}", join(kept, text[kept.len()..].trim_start()));
        prop_assert_eq!(squeezed(&joined), squeezed(text));
    }

    /// Nor where the answer begins with words that are there already.
    #[test]
    fn repeated_words_are_dropped(
        text in prop::sample::select(TEXTS.as_slice()),
        at in any::<prop::sample::Index>(),
        again in 3_usize..12,
    ) {
        let broken = cut(text, at);
        let kept = &broken[..resume_point(broken)];
        let starts: Vec<usize> = kept.unicode_word_indices().map(|(start, _)| start).collect();
        if starts.len() < 3 {
            return Ok(());
        }
        let answer = &text[starts[starts.len() - again.min(starts.len())]..];
        let joined = format!("{kept}{}", join(kept, answer));
        prop_assert_eq!(squeezed(&joined), squeezed(text));
    }

    /// Whatever comes: nothing that was kept is touched, and no word of an answer that repeats
    /// nothing is lost.
    #[test]
    fn no_word_is_lost(kept in "\\PC{0,60}", answer in "[X-Z]{4} \\PC{0,60}") {
        let joined = join(&kept, &answer);
        prop_assert!(joined.trim_start().ends_with(answer.trim_start()), "{joined:?}");
    }
}
