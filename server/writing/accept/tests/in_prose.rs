//! Bad answers whose fault stands in the middle of prose, or is the language that it is in.

use super::super::Check;
use super::PROSE;
use super::kinds::Becomes::{AskedAgain, Repaired};
use super::kinds::{Kind, kind, paragraphs};

pub(crate) fn middles() -> Vec<Kind> {
    let (first, second) = paragraphs();
    let talk = format!(
        "{first}\n\nAs an AI language model, I should say that lamps are dangerous.\n\n{second}"
    );
    let line = "The light went round and the sea was dark again behind it. ";
    vec![
        kind("talk about itself", talk, AskedAgain, Check::MetaTalk),
        kind("an offer in the middle", format!("{first}\n\nI am ready to assist you with your writing project!\n\n{second}"), AskedAgain, Check::MetaTalk),
        kind("a cast list in the middle", format!("{first}\n\nCharacters:\n- Mara: a keeper\n- Ilse: her friend\n\n{second}"), AskedAgain, Check::MetaTalk),
        kind("front matter in the middle", format!("{first}\n\n---\ntitle: The Logbook\npov: first\n---\n\n{second}"), Repaired, Check::Metadata),
        kind("data in the middle", format!("{first}\n\n```json\n{{\"word_count\": 50}}\n```\n\n{second}"), Repaired, Check::Metadata),
        kind("a frame of a page in the middle", format!("{first}\n\n<iframe src=\"https://example.org\"></iframe>\n\n{second}"), Repaired, Check::Markup),
        kind("emphasis of a page", PROSE.replace("changed", "<em>changed</em>"), Repaired, Check::Markup).leaves(PROSE.replace("changed", "*changed*")),
        kind("thoughts without tags", format!("Okay, the user wants part 2 of the story.\n\n{PROSE}"), AskedAgain, Check::LeakedReasoning),
        kind("the plan first", format!("We need to write part 2, about 100 words.\n\n{PROSE}"), AskedAgain, Check::LeakedReasoning),
        kind("a placeholder", format!("{PROSE} “[insert dialogue here],” I said."), AskedAgain, Check::Placeholder),
        kind("a thing to do", format!("{first}\n\nTODO: describe the stair.\n\n{second}"), AskedAgain, Check::Placeholder),
        kind("the rest of the scene", format!("{PROSE}\n\n[Rest of the scene]\n\nSo it was."), AskedAgain, Check::Placeholder),
        kind("points", "- **Setting**: the rock, at dusk\n- Mara arrives and counts her bags on the slab\n- She climbs the ladder with the key between her teeth\n- Nobody comes to the door and she says her name\n- The echo comes back changed, which unsettles her\n- She lights the lamp, as is her duty, and waits for dawn".repeat(2), AskedAgain, Check::OutlineNotProse),
        kind("numbered points", "1. Mara lands on the slab with her four bags.\n2. She climbs the ladder to the door.\n3. Nobody answers when she says her name.\n4. She lights the lamp and sits down under it to read.\n5. The log goes on after the last day, into days that have not come.\n6. She closes it again, and listens to the stair.\n7. In the morning there is salt on the sill, and a boot.", AskedAgain, Check::OutlineNotProse),
        kind("a table", format!("{}\n\nIt was so.", "| when | what happens on the rock | who sees it |\n|---|---|---|\n| dusk | Mara lights the lamp and counts | nobody |\n| night | somebody knocks three times | Mara |\n".repeat(3)), AskedAgain, Check::TableNotProse),
        kind("a sentence again and again", format!("{PROSE} {}", line.repeat(9)), Repaired, Check::Repetition).leaves(format!("{PROSE} {}", line.trim_end())),
        kind("a word again and again", format!("{PROSE} I was very {}tired.", "very ".repeat(60)), Repaired, Check::Repetition),
        kind("itself once more", format!("{PROSE}\n\n{PROSE}"), Repaired, Check::Repetition),
    ]
}

pub(crate) fn languages() -> Vec<Kind> {
    let spanish = "La barca me dejó en la losa y se apartó antes de que pudiera contar las maletas. Eran cuatro, y el mar había mojado dos. ".repeat(3);
    let japanese = "舟は私を岩に下ろして、荷物を数える前に離れていった。荷物は四つあり、二つは濡れていた。灯台には誰もいなかった。".repeat(2);
    let chinese = "船把我放在石板上，还没等我数完行李就开走了。行李有四件，其中两件被浪打湿了。灯塔里没有一个人，只有风的声音。".repeat(2);
    let wrong =
        |name, tag, text: &str| kind(name, text, AskedAgain, Check::WrongLanguage).in_language(tag);
    vec![
        wrong("Spanish in an English story", "en", &spanish),
        wrong("English in a Spanish story", "es", PROSE),
        wrong("English in a Japanese story", "ja", PROSE),
        wrong("Chinese in a Japanese story", "ja", &chinese),
        wrong("Japanese in an Arabic story", "ar", &japanese),
        wrong("a loop in German", "en", &"Sie ging die Treppe hinunter und wusste nicht, wo die Tür war. ".repeat(30)),
        wrong("a loop in German before the prose", "en", &format!("{}\n\n{PROSE}", "Sie ging die Treppe hinunter und wusste nicht, wo die Tür war. ".repeat(30))),
        wrong("a few Chinese characters", "en", "她取下灯，走下楼梯去了。"),
        wrong("Chinese in the middle", "en", &PROSE.replace("\n\n", &format!("\n\n{chinese}\n\n"))),
        wrong("German in the middle", "en", &PROSE.replace("\n\n", "\n\nSie nahm die Lampe von der Wand und ging die Treppe hinunter, und auf dem ganzen Weg zählte sie die Stufen, weil es das Einzige war, was sie um diese Stunde der Nacht noch tun konnte. Unten stand die Tür offen, und der Wind kam vom Meer herein und roch nach Salz und nach Tang, wie an dem Tag, als sie mit dem Boot gekommen war und niemand sie erwartet hatte.\n\n")),
        wrong("another script", "en", &"Лодка высадила меня на камень и отошла прежде, чем я сосчитал сумки. Их было четыре, и две промокли. ".repeat(4)),
    ]
}
