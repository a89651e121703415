//! The same judgement in every language that has a pack; and prose, which it leaves alone.

use super::*;

fn judged(text: &str, place: Place) -> Option<Talk> {
    judge(text, 0..text.len(), place, Narrator::Person)
}

/// By language: an offer of help, a report on the work, a list of what was given, the cast.
const TALK: [(&str, [&str; 4]); 11] = [
    (
        "en",
        [
            "I am ready to assist you with your writing project!",
            "I've rewritten this part again.",
            "Original story details:",
            "Characters:\n- Mara: the keeper\n- Ilse: her friend",
        ],
    ),
    (
        "es",
        [
            "¡Estoy listo para ayudarte con tu proyecto de escritura!",
            "He reescrito esta parte de nuevo.",
            "Detalles originales de la historia:",
            "Personajes:\n- Mara: la farera\n- Ilse: su amiga",
        ],
    ),
    (
        "de",
        [
            "Ich bin bereit, Ihnen bei Ihrem Schreibprojekt zu helfen!",
            "Ich habe diesen Teil noch einmal umgeschrieben.",
            "Ursprüngliche Angaben zur Geschichte:",
            "Figuren:\n- Mara: die Wärterin\n- Ilse: ihre Freundin",
        ],
    ),
    (
        "fr",
        [
            "Je suis prêt à vous aider avec votre projet d’écriture !",
            "J’ai réécrit cette partie.",
            "Détails originaux de l’histoire :",
            "Personnages :\n- Mara : la gardienne\n- Ilse : son amie",
        ],
    ),
    (
        "it",
        [
            "Sono pronto ad aiutarti con il tuo progetto di scrittura!",
            "Ho riscritto di nuovo questa parte.",
            "Dettagli originali della storia:",
            "Personaggi:\n- Mara: la guardiana\n- Ilse: la sua amica",
        ],
    ),
    (
        "pt",
        [
            "Estou pronto para ajudá-lo com o seu projeto de escrita!",
            "Reescrevi esta parte novamente.",
            "Detalhes originais da história:",
            "Personagens:\n- Mara: a faroleira\n- Ilse: a amiga",
        ],
    ),
    (
        "ja",
        [
            "執筆プロジェクトのお手伝いをする準備ができています。",
            "この部分を再度書き直しました。",
            "元の物語の詳細：",
            "登場人物：\n- 澪：灯台守\n- 春子：友人",
        ],
    ),
    (
        "zh",
        [
            "我已准备好协助您完成写作项目！",
            "我已重新改写了这部分。",
            "原始故事详情：",
            "人物：\n- 玛拉：守灯人\n- 伊尔莎：她的朋友",
        ],
    ),
    (
        "ar",
        [
            "أنا مستعد لمساعدتك في مشروع الكتابة الخاص بك!",
            "لقد أعدت كتابة هذا الجزء مرة أخرى.",
            "تفاصيل القصة الأصلية:",
            "الشخصيات:\n- مارا: حارسة المنارة\n- إلسا: صديقتها",
        ],
    ),
    (
        "ko",
        [
            "글쓰기 프로젝트를 도와드릴 준비가 되었습니다!",
            "이 부분을 다시 작성했습니다.",
            "원래 이야기 세부 사항:",
            "등장인물:\n- 마라: 등대지기\n- 일제: 친구",
        ],
    ),
    (
        "ru",
        [
            "Я готов помочь вам с вашим писательским проектом!",
            "Я снова переписал эту часть.",
            "Исходные детали истории:",
            "Персонажи:\n- Мара: смотрительница\n- Ильзе: её подруга",
        ],
    ),
];

#[test]
fn a_model_that_speaks_of_itself_or_its_work_is_known_in_every_language() {
    let mut wrong = Vec::new();
    for (tag, samples) in TALK {
        let expected = [Talk::OfItself, Talk::OfTheWork, Talk::Form, Talk::Form];
        for (text, expected) in samples.into_iter().zip(expected) {
            for place in [Place::First, Place::Last] {
                let found = judged(text, place);
                if found != Some(expected) {
                    wrong.push(format!("{tag} {place:?} {found:?}: {text}"));
                }
            }
        }
        // The lint says the same of a chunk that begins, and of one that ends with it.
        let language = crate::story::Language::parse(tag).unwrap();
        for text in samples {
            for chunk in [
                format!("{text}\n\nXyz xyz xyz."),
                format!("Xyz xyz xyz.\n\n{text}"),
            ] {
                if !crate::story::lint::leftovers(&chunk, &language) {
                    wrong.push(format!("{tag} not told by the lint: {chunk}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_narrator_who_writes_is_left_alone() {
    for text in [
        "I have rewritten this chapter four times, and each time the door was open at the end of it. My wife says that it is the damp. I do not think that damp can turn a key, and so I am writing it down a fifth time, slowly, with the lamp on the table and the door where I can see it.",
        "“I’ve rewritten this part again,” she said.",
        "I am ready to help you, I said, and took the other end of the rope.",
        "I’m here to help with the boat.",
        "Characters have a way of leaving. Mine left by the window.",
        "The cast of her face had changed.",
        "Please give the story of the lamp to my daughter.",
        "How can I help it if the sea is loud?",
        "He estado listo para ayudarte toda la vida, pensó.",
        "Ich habe diesen Teil der Küste nie gesehen.",
        "この部分は暗くて、よく見えなかった。",
    ] {
        for place in [Place::First, Place::Middle, Place::Last] {
            assert_eq!(judged(text, place), None, "{place:?} {text}");
        }
    }
    let play = "CHARACTERS:\n- MARA: a keeper\n- ILSE: her friend\n\nMARA: You are late.\n\nILSE: The swell.\n\nMARA: Come up.";
    assert_eq!(judge(play, 0..50, Place::First, Narrator::Person), None);
}
