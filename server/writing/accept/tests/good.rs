//! Good prose is never refused, and nothing of it is taken out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;

use super::super::{Acceptance, Judgement, Opening, Told, Verdict};
use super::{BRIEF, STOP, judged};
use crate::provider::demo::DemoWriter;
use crate::provider::demo::scene::Scene;
use crate::provider::{Event, Extension, Provider, Request};
use crate::story::chunk_file;
use crate::story::{Brief, SectionKind, words};
use crate::writing::prompt::Templates;

/// Judges a text that is as long as asked for.
fn judge(brief: &Brief, earlier: &[&str], text: &str) -> Judgement {
    let target = words::count(text, &brief.language);
    judged(brief, target, &[], earlier, text, &STOP)
}

/// Returns what is wrong with how a good text was judged.
fn complaint(brief: &Brief, earlier: &[&str], text: &str) -> Option<String> {
    let judgement = judge(brief, earlier, text);
    let sound = judgement.verdict == Verdict::Accept
        && judgement.cuts.is_empty()
        && judgement.remarks.is_empty()
        && judgement.prose == text.trim_end();
    (!sound).then(|| {
        format!(
            "{:?}\n{:?}\n{:?}",
            judgement.verdict, judgement.cuts, judgement.remarks
        )
    })
}

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns what the demo writer writes for a beat.
async fn demo(brief: &Brief, index: usize, target_words: u32) -> String {
    let section = |kind| {
        brief
            .section(kind)
            .map_or_else(String::new, |section| section.text.clone())
    };
    let beat = &brief.beats[index];
    let scene = Scene {
        seed: 0,
        language: brief.language.as_str().to_owned(),
        title: brief.title.clone(),
        premise: section(SectionKind::Premise),
        setting: section(SectionKind::Setting),
        pov: brief.pov.clone(),
        tense: brief.tense.clone(),
        protagonist: brief.protagonist.clone(),
        cast: brief
            .cast
            .iter()
            .map(|entry| (entry.name.clone(), entry.text.clone()))
            .collect(),
        chunk: index as u32 + 1,
        chunks: brief.beats.len() as u32,
        beat_title: beat.title.clone(),
        beat_text: beat.text.clone(),
        beat_cast: beat.cast.clone(),
        enter: beat.enter.clone(),
        exit: beat.exit.clone(),
        target_words,
        ..Scene::default()
    };
    let request = Request {
        model: "demo".to_owned(),
        system: String::new(),
        user: Vec::new(),
        max_output_tokens: u32::MAX,
        prompt_tokens: 16_000,
        context_tokens: 16_000,
        temperature: None,
        seed: None,
        thinking: Default::default(),
        format: None,
        extension: Extension::new(Arc::new(scene)),
    };
    let mut stream = DemoWriter::default().complete(request).await.unwrap();
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        if let Event::Text(piece) = event.unwrap() {
            text.push_str(&piece);
        }
    }
    text
}

#[tokio::test]
async fn the_demo_writer_is_accepted_in_every_language() {
    let mut wrong = Vec::new();
    for name in ["lamp-keeper", "es", "ja", "ar", "short", "predecessor"] {
        let brief = Brief::parse(&read(&fixtures("briefs").join(name).join("story.md")));
        let mut earlier: Vec<String> = Vec::new();
        for index in 0..brief.beats.len().min(5) {
            let text = demo(&brief, index, 400).await;
            let texts: Vec<&str> = earlier.iter().map(String::as_str).collect();
            if let Some(complaint) = complaint(&brief, &texts, &text) {
                wrong.push(format!("{name}, beat {}: {complaint}", index + 1));
            }
            earlier.push(text);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_manuscripts_are_accepted() {
    let mut read_any = 0;
    let mut wrong = Vec::new();
    for language in ["en", "es", "ja", "ar"] {
        let folder = fixtures("manuscripts").join(language);
        let brief = Brief::parse(&read(&folder.join("story.md")));
        let mut chunks: Vec<PathBuf> = std::fs::read_dir(folder.join("chunks"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        chunks.sort();
        let mut earlier: Vec<String> = Vec::new();
        for path in chunks {
            let text = chunk_file::parse(&read(&path)).prose;
            let texts: Vec<&str> = earlier.iter().map(String::as_str).collect();
            if let Some(complaint) = complaint(&brief, &texts, &text) {
                wrong.push(format!("{}: {complaint}", path.display()));
            }
            earlier.push(text.to_string());
            read_any += 1;
        }
    }
    assert!(read_any >= 12);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Each with something in it that looks like what models leave behind.
const GOOD: &[(&str, &str)] = &[
    // First sentences.
    (
        "en",
        "Sure. She had been sure of it once, and it had cost her the house. Now she counted twice.",
    ),
    (
        "en",
        "Sure, here is what I know: nothing. The lamp went out at nine, and nobody saw it.",
    ),
    (
        "en",
        "Here is the story my grandmother told: a man, a rock, a lamp. He never came back from it.",
    ),
    (
        "en",
        "Here are the keys. There is the door. Between them I had eleven years to think it over.",
    ),
    (
        "en",
        "Okay, so the boat was late. I sat on the bags and ate the last of the bread.",
    ),
    (
        "en",
        "I can’t help it. I have to look at the door, and every night I look at it longer.",
    ),
    (
        "en",
        "I cannot write about the sea. I have tried, on the backs of the tide tables, and burned them.",
    ),
    (
        "en",
        "I’m sorry, but I can’t stay. The lamp has to be lit, and you have to be gone when it is.",
    ),
    (
        "en",
        "I’ll write it down as it was. It was dark, there was a knock, and I opened nothing.",
    ),
    (
        "en",
        "I will begin with the stairs, because everything in that house began with the stairs.",
    ),
    (
        "en",
        "Part of her wanted to go. Part of her had gone already, and only the coat was left.",
    ),
    (
        "en",
        "Chapter and verse, he knew it all. He knew it so well that he no longer believed it.",
    ),
    (
        "en",
        "Part two of the plan was simple, and it went wrong at once. They ran for the boat.",
    ),
    (
        "en",
        "The lamp keeper never slept. The lamp did, once, for four minutes, and he wrote it down.",
    ),
    (
        "en",
        "The logbook lay open. She read it standing, as one reads a telegram, and then sat down.",
    ),
    (
        "en",
        "“Sure! Here is your chapter,” he said, and threw the book on the bed. She let it lie.",
    ),
    (
        "en",
        "“I’m sorry, but I can’t help with that request,” said the clerk, and shut the window.",
    ),
    (
        "en",
        "Let me think. There were four bags on the slab, and now there were three of them.",
    ),
    (
        "en",
        "The prompt came from the wings, too late. He stood there with his mouth open, and they laughed.",
    ),
    (
        "en",
        "We need to write to her. We need to write tonight, before the boat, and say that he is dead.",
    ),
    (
        "en",
        "Of course it rained. It had rained on every Thursday that the boat was due since October.",
    ),
    (
        "en",
        "Understood? He had understood nothing, and he nodded, and they let him go down alone.",
    ),
    (
        "en",
        "Well, the user of the lamp is the sea. That is what Hale said, and then he laughed.",
    ),
    (
        "en",
        "Title: none. That is what the form said under my name, and I was proud of it for a week.",
    ),
    (
        "en",
        "Assistant keepers come and go. Hale had seen eleven of them, and remembered two.",
    ),
    (
        "en",
        "Note that he said “if”. She noted it, and went on packing, and did not look at him.",
    ),
    (
        "en",
        "*She was not coming.* He knew it before the boat had turned. He knew it, and he waved.",
    ),
    (
        "en",
        "— You are late, said Hale. — I know, I said. The swell. He gave me the key without a word.",
    ),
    (
        "en",
        "- You are late, said Hale.\n- I know, I said.\n- The swell, was it?\n- The swell, I said.\n- Come up, then, and wipe your feet.",
    ),
    (
        "en",
        "3 October. No boat. 4 October. No boat. 5 October. I have begun to count the peppermints.",
    ),
    (
        "en",
        "<think> was what she typed into the old machine, and the machine wrote </think> below it.",
    ),
    (
        "en",
        "He typed <s>I love you</s> and then he typed goodbye. The letters stood there, struck out.",
    ),
    // In the middle.
    (
        "en",
        "She wrote to him that night.\n\n> Dear Ilse,\n>\n> # Nothing\n> \n> That is my news. Let me know if you are coming.\n>\n> Mara\n\nThen she burned it and lit the lamp.",
    ),
    (
        "en",
        "Nobody came.\n\n* * *\n\nIn the morning there was a boot on the sill.\n\n* * *\n\nIt was Hale’s, the left.",
    ),
    (
        "en",
        "The screen lit up by itself.\n\n```\nNO CARRIER\nRETRY (Y/N)\n```\n\nShe pressed N and went to bed.",
    ),
    (
        "en",
        "The timetable hung by the door.\n\n| boat | day |\n|---|---|\n| Constance | Thursday |\n\nUnder Thursday somebody had drawn a fish with teeth. She did not laugh, and nor did Ilse, who had drawn it.",
    ),
    (
        "en",
        "He made a list of what was left:\n\n1. Four tins.\n2. The peppermints.\n3. A rope, wet.\n4. No oil.\n\nThen he crossed out the rope, since he had made up his mind about the rope some hours ago, on the stair, in the dark, with one hand on the wall and the other on the place where his watch had been.",
    ),
    (
        "en",
        "I walked and walked and walked. No. No. No. No, it said, no, and I walked, and it said no.",
    ),
    (
        "en",
        "The bell rang. The bell rang. The bell rang. Three times, as it does when a keeper is dead.",
    ),
    (
        "en",
        "O lamp, o lamp,\nwho lit you?\nNobody, said the lamp,\nand nobody\nwill put me out",
    ),
    (
        "en",
        "The chapter of accidents went on. In the next chapter, she thought, I will be brave, and she laughed. To be continued was what they said in the pictures.",
    ),
    (
        "en",
        "He said [sic] behind every word. [The rest is torn off.] That was all there was of the page.",
    ),
    // Ends.
    (
        "en",
        "He stood on the stair and listened.\n\n“But I never—”",
    ),
    (
        "en",
        "She had the key, and the door had a keyhole now. So that was how it would go…",
    ),
    (
        "en",
        "I read it by the lamp.\n\nCome soon. Bring oil.\n\nYours,\nIlse",
    ),
    (
        "en",
        "On the board by the slip stood in white letters:\n\nNO LANDING",
    ),
    (
        "en",
        "And that was the end. Let me know when you have read this; I shall not be here.",
    ),
    (
        "en",
        "She did not ask what came next. Would you? Would you have gone down there, alone, at night?",
    ),
    (
        "en",
        "There were 1500 words in the log, and the last of them was not his. It was mine.",
    ),
    (
        "en",
        "He had told it all now, the boat, the boot, the door. I hope you never have to tell this story.",
    ),
    (
        "en",
        "It was the end of part of her life. *The light went round.*",
    ),
    // Forms.
    (
        "en",
        "From: Ilse Brandt\nTo: Mara Voss\nSubject: the boat\n\nMara,\n\nThe boat is late. Please send word of the oil, and of Hale.\n\nIlse",
    ),
    (
        "en",
        "Dear Ilse,\n\nThe lamp is lit and nobody is here. I am ready to help you with the boat, when it comes.\n\nWith love,\nMara",
    ),
    (
        "en",
        "14 October\n\nNo boat. The swell is down.\n\n15 October\n\nNo boat. I have begun to talk to the lamp.",
    ),
    (
        "en",
        "INT. LAMP ROOM - NIGHT\n\nMara turns the lamp by hand. The glass is cracked.\n\nMARA\n(quietly)\nNobody came.\n\nILSE\nSomebody always comes.\n\nCUT TO:\n\nEXT. SLAB - DAWN\n\nThe boat is there.",
    ),
    (
        "en",
        "MARA: You are late.\n\nILSE: The swell.\n\nMARA: Come up, then, and wipe your feet.",
    ),
    (
        "en",
        "The panel opened in front of her.\n\n| Stat | Value |\n|---|---|\n| Strength | 12 |\n\n[Level up!]\n\n**Quest:** Light the lamp.\n\nShe closed the panel with a thought, because the stairs were steep and she did not want to fall down them a second time with her eyes full of numbers, as she had on the first night that she was here.",
    ),
    (
        "en",
        "He called it the Drowned Light.[^1] Nobody laughed.\n\n[^1]: After the wreck of 1887, of which no list was kept.",
    ),
    (
        "en",
        "The terminal answered at once:\n\n```json\n{\"status\": \"drowned\"}\n```\n\nShe read it twice and pulled the plug.",
    ),
    (
        "en",
        "She typed it in.\n\n```html\n<script>alert(\"Hale\")</script>\n<img src=\"x\">\n```\n\nNothing happened, for a while.",
    ),
    (
        "en",
        "He had written `<script>` on the slip, and below it `<img src=x>`, and nobody knew why he had.",
    ),
    (
        "en",
        "She pinned up the map.\n\n![The rock](rock.png)\n\nIt was a bad map, and the only one they had.",
    ),
    (
        "en",
        "“Sure! Here is the next chapter,” said Hale, and read it out. “I’ve rewritten this part again.” She slept.",
    ),
    (
        "en",
        "The programme had three lines, and he knew them all by heart: the lamp, the stair, the boy. The cast was small.",
    ),
    (
        "en",
        "Il est tard, she thought. The old man at the bar said, “Je ne sais pas, madame, personne ne sait où il est allé,” and drank. His name was 春子’s father’s, or so Ilse said.",
    ),
    (
        "en",
        "Note the time: it is nine. Setting: the sun. Rising: nothing. So his log went on, for eleven pages of it.",
    ),
    // Other languages.
    (
        "es",
        "Claro que sí, dijo ella. Aquí tienes la llave y ahí tienes la puerta. Lo demás es cosa tuya.",
    ),
    (
        "es",
        "—¿Quieres que siga? —preguntó.\n\n—No —dije—. Todo eso ya lo sé.\n\n—TODO: eso dijiste anoche.",
    ),
    (
        "de",
        "Natürlich regnete es. Hier ist der Schlüssel, sagte er, und dort die Tür. Mehr sagte er nicht.",
    ),
    (
        "de",
        "Ich kann nicht schreiben, was ich sah. Ich kann nur sagen, dass es klopfte, dreimal, und dann einmal.",
    ),
    (
        "fr",
        "Voici la clé, dit-il. Bien sûr, je ne peux pas écrire ce que j’ai vu ; j’ai vu la porte s’ouvrir.",
    ),
    (
        "fr",
        "« À LA CLÉ » disait l’enseigne ; « MÛR » disait l’autre. «É» était tombé. Il passa, et ne lut pas.",
    ),
    (
        "pt",
        "A placa dizia «MÃE» e «IRMû. Não entendi. Entrei, e a luz girou outra vez sobre o mar.",
    ),
    (
        "ja",
        "もちろん、雨だった。木曜日はいつも雨だった。第三章を読み終えた澪は、本を閉じた。\n\n「続く」\n\n「申し訳ございません」と男は言った。「できません」",
    ),
    (
        "ja",
        "以下の三つが残っていた。鍵と、靴と、灯り。澪はそれを数えて、階段を下りた。\n\n「行け」",
    ),
    (
        "zh",
        "好的人都走了。这是一个关于海的故事，也是关于灯的故事。她合上书，下楼去了。",
    ),
    (
        "ar",
        "بالطبع أمطرت. إليك المفتاح، قال، وهناك الباب. لم يقل شيئاً آخر، ونزل الدرج وحده في الظلام.",
    ),
    (
        "ko",
        "물론 비가 왔다. 목요일마다 비가 왔다. 그녀는 열쇠를 쥐고 계단을 내려갔다. 문은 닫혀 있었다.",
    ),
    (
        "ru",
        "Конечно, шёл дождь. Вот ключ, сказал он, а вот дверь. Больше он ничего не сказал и ушёл.",
    ),
    (
        "th",
        "ฝนตกทั้งคืน เธอนับขั้นบันไดในความมืด แล้วจุดตะเกียง ไม่มีใครมาหาเธอเลย",
    ),
];

#[test]
fn prose_that_looks_like_leavings_is_left_alone() {
    let mut wrong = Vec::new();
    for (tag, text) in GOOD {
        let brief = Brief::parse(&BRIEF.replace("language: en", &format!("language: {tag}")));
        if let Some(complaint) = complaint(&brief, &[], text) {
            wrong.push(format!("{text}\n{complaint}"));
        }
        // Also while it arrives, letter by letter.
        let acceptance =
            Acceptance::new(&brief, 1, 30, &[], &Templates::default(), Told::default());
        for (end, _) in text.char_indices() {
            if let Opening::Strip { bytes, .. } = acceptance.opening(&text[..end], false) {
                wrong.push(format!("stripped {:?}", &text[..bytes]));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn the_end_may_stand_below_the_last_part() {
    let brief = Brief::parse(BRIEF);
    for end in ["The End", "THE END", "*Fin*"] {
        let text = format!("{}\n\n{end}", super::PROSE);
        let acceptance =
            Acceptance::new(&brief, 2, 100, &[], &Templates::default(), Told::default());
        let judgement = acceptance.judge(&super::Answer {
            prose: &text,
            author: 0,
            judged: 0,
            end: &STOP,
            continued: 0,
            gained: 100,
        });
        assert_eq!(judgement.verdict, Verdict::Accept, "{end}");
        assert_eq!(judgement.prose, text);
    }
}

#[test]
fn a_story_about_machines_may_hold_their_talk() {
    let brief = BRIEF.replace("Mara keeps a lamp", "An AI keeps a lamp");
    let brief = Brief::parse(&brief);
    for text in [
        "As a language model, I had no hands, and the lamp had to be lit. I asked the boy. He said no, and then he said that he would, if I told him the one about the whale.",
        "She typed into the dark.\n\nUser: Are you there?\n\nAssistant: I am. It is cold in the wires tonight.\n\nUser: Light the lamp.\n\nAssistant: I cannot. I am an AI language model; I have no hands.",
    ] {
        assert_eq!(complaint(&brief, &[], text), None, "{text}");
    }
}

/// A refrain, a verse and a letter that is read again stand twice in many a story.
#[test]
fn what_is_meant_to_return_may_return() {
    let brief = Brief::parse(BRIEF);
    let verse = "O lamp, o lamp,\nwho lit you in the dark before the boats came home?\nNobody, said the lamp,\nand nobody will put me out\nwhile there is oil, while there is sea,\nwhile there is anybody left upon the rock to count";
    let letter = "“Come soon. Bring oil and bring the book that I left in the harbour office, under the stairs, behind the red tin, for he has written in it, and it is not his hand any more, Ilse, it is mine, it is mine to the last stroke.”";
    let earlier = format!(
        "She sang it on the stair.\n\n{verse}\n\nThen she read the letter.\n\n{letter}\n\nIt was late."
    );
    let text = format!(
        "In the morning she sang it again.\n\n{verse}\n\nShe took out the letter, and it had not changed.\n\n{letter}\n\nThe boat was there. Ilse waved, and for once she did not laugh. Nothing was said of the book, or the tin, or the hand, and by the time that the bags were down the swell had begun to lift the boat against the slab, and she had to go."
    );
    assert_eq!(complaint(&brief, &[&earlier], &text), None);
}
