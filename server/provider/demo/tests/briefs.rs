//! One brief in several languages.

use super::{english, pair};
use crate::provider::demo::scene::Scene;

/// The brief of a language, in the shape of the English one.
struct Words {
    title: &'static str,
    premise: &'static str,
    setting: &'static str,
    pov: &'static str,
    tense: &'static str,
    cast: [(&'static str, &'static str); 3],
    /// Title, text, entry and exit state.
    beats: [[&'static str; 4]; 3],
}

const SPANISH: Words = Words {
    title: "La guardiana del faro",
    premise: "Una farera encuentra en su diario una página que no ha escrito.",
    setting: "El faro se alza sobre una roca desnuda, a una hora del puerto. En invierno \
              no llega ningún barco durante semanas. La sala de la lámpara está al final \
              de noventa peldaños de hierro.",
    pov: "primera persona",
    tense: "pasado",
    cast: [
        ("Mara Voss", "La farera. Una mujer que lo cuenta todo."),
        ("Ilse Brandt", "Su tía, que le enseñó el oficio."),
        ("Jonas", "Un pescador con deudas en el puerto."),
    ],
    beats: [
        [
            "El diario",
            "Mara sube la escalera al anochecer y encuentra el diario abierto por una \
             página que no ha escrito. Ilse se niega a decir quién estuvo allí. La lámpara \
             parpadea dos veces y se apaga. Mara decide llevar el diario ella misma.",
            "Mara está sola en la roca.",
            "Mara sabe que Ilse le mintió.",
        ],
        [
            "La barca",
            "Llega una barca sin luces. Jonas salta al muelle y pregunta por Ilse. Mara \
             esconde el diario bajo su abrigo. Jonas e Ilse discuten en el cobertizo.",
            "Mara sabe que Ilse le mintió.",
            "Jonas tiene la llave de la sala de la lámpara.",
        ],
        [
            "La noche oscura",
            "La tormenta estalla antes de la medianoche. Mara enciende la lámpara a mano \
             y no deja que se apague. Ilse le cuenta a Mara la verdad sobre los ahogados.",
            "Jonas tiene la llave de la sala de la lámpara.",
            "La lámpara arde, y Mara conserva la página.",
        ],
    ],
};

const JAPANESE: Words = Words {
    title: "灯台守",
    premise: "灯台守が、書いた覚えのない頁を日誌の中に見つける。",
    setting: "灯台は裸の岩の上に立っている。ランプ室へは九十段の鉄の階段を上る。冬には何週間も\
              船が来ない。",
    pov: "一人称",
    tense: "過去",
    cast: [
        ("マラ", "灯台を守る女性。何でも数える。"),
        ("イルゼ", "マラの伯母。仕事を教えた。"),
        ("ヨナス", "漁師。港に借金がある。"),
    ],
    beats: [
        [
            "日誌",
            "マラは夕暮れに階段を上り、開いたままの日誌を見つける。イルゼは誰が来たのかを言おうとしない。\
             ランプが二度またたき、消える。マラは自分で日誌をつけることに決める。",
            "マラは岩の上に一人でいる。",
            "マラはイルゼの嘘を知っている。",
        ],
        [
            "舟",
            "灯りのない舟が近づいてくる。ヨナスが桟橋に上がり、イルゼはどこかと尋ねる。マラは上着の下に日誌を隠す。\
             ヨナスとイルゼが小屋で言い争う。",
            "マラはイルゼの嘘を知っている。",
            "ヨナスはランプ室の鍵を持っている。",
        ],
        [
            "暗い夜",
            "真夜中の前に嵐が来る。マラは手でランプをともし、火を守る。イルゼがマラに溺れた船員たちの話をする。",
            "ヨナスはランプ室の鍵を持っている。",
            "ランプは燃えつづけ、マラは頁を手もとに残す。",
        ],
    ],
};

const ARABIC: Words = Words {
    title: "حارسة المنارة",
    premise: "حارسة منارة تجد في السجل صفحة لم تكتبها.",
    setting: "تقوم المنارة على صخرة عارية على بعد ساعة من الميناء. إلى غرفة المصباح تسعون درجة \
              من الحديد. في الشتاء لا يصل قارب لأسابيع.",
    pov: "المتكلم",
    tense: "الماضي",
    cast: [
        ("مارا", "حارسة المنارة، امرأة تعد كل شيء."),
        ("إلزا", "خالتها التي علمتها المهنة."),
        ("يوناس", "صياد عليه ديون في الميناء."),
    ],
    beats: [
        [
            "السجل",
            "تصعد مارا الدرج عند الغروب وتجد السجل مفتوحا. ترفض إلزا أن تقول من كان هنا. يومض \
             المصباح مرتين وينطفئ. تقرر مارا أن تكتب السجل بيدها.",
            "مارا وحدها على الصخرة.",
            "تعرف مارا أن إلزا كذبت.",
        ],
        [
            "القارب",
            "يقترب قارب بلا أضواء. يقفز يوناس إلى الرصيف ويسأل عن إلزا. تخفي مارا السجل تحت المعطف.",
            "تعرف مارا أن إلزا كذبت.",
            "يحمل يوناس مفتاح غرفة المصباح.",
        ],
        [
            "الليلة المظلمة",
            "تهب العاصفة قبل منتصف الليل. تشعل مارا المصباح بيدها. تخبر إلزا مارا بحقيقة الغرقى.",
            "يحمل يوناس مفتاح غرفة المصباح.",
            "يحترق المصباح، وتحتفظ مارا بالصفحة.",
        ],
    ],
};

pub fn scene(language: &str, chunk: u32, words: u32) -> Scene {
    let brief = match language {
        "es" => SPANISH,
        "ja" => JAPANESE,
        "ar" => ARABIC,
        _ => {
            return Scene {
                language: language.to_owned(),
                ..english(chunk, words)
            };
        }
    };
    let [title, text, enter, exit] = brief.beats[(chunk as usize - 1) % 3];
    Scene {
        language: language.to_owned(),
        title: brief.title.to_owned(),
        premise: brief.premise.to_owned(),
        setting: brief.setting.to_owned(),
        pov: Some(brief.pov.to_owned()),
        tense: Some(brief.tense.to_owned()),
        protagonist: Some(brief.cast[0].0.to_owned()),
        cast: brief.cast.map(|(name, known)| pair(name, known)).to_vec(),
        beat_title: title.to_owned(),
        beat_text: text.to_owned(),
        enter: Some(enter.to_owned()),
        exit: Some(exit.to_owned()),
        ..english(chunk, words)
    }
}
