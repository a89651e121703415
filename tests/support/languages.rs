//! Prose in many languages, of any length, made of the words of a real sentence or two. It says nothing, but it
//! is cut into tokens as prose of its language is.

use storywright::story::{Language, words};

/// A language with words of it.
#[derive(Debug, Clone, Copy)]
pub struct Spoken {
    pub tag: &'static str,
    /// With blanks between them; phrases where a language has none.
    words: &'static str,
    stop: &'static str,
    blank: &'static str,
}

const fn spoken(tag: &'static str, words: &'static str) -> Spoken {
    Spoken {
        tag,
        words,
        stop: ".",
        blank: " ",
    }
}

const fn unspaced(tag: &'static str, words: &'static str, stop: &'static str) -> Spoken {
    Spoken {
        tag,
        words,
        stop,
        blank: "",
    }
}

pub const LANGUAGES: [Spoken; 14] = [
    spoken(
        "en",
        "the keeper waited at the old door and watched a small boat come in from the sea while rain fell on the \
         harbour nobody had told her that lamp would burn through another winter but she carried oil up the stairs \
         counted every step and listened to the wind in the empty rooms below",
    ),
    spoken(
        "de",
        "die Wärterin wartete an der alten Tür und sah ein kleines Boot vom Meer hereinkommen während Regen auf \
         den Hafen fiel niemand hatte ihr gesagt dass die Lampe noch einen Winter brennen würde aber sie trug Öl \
         über die Treppe hinauf zählte jede Stufe und hörte den Wind in den leeren Räumen unter sich",
    ),
    spoken(
        "es",
        "la guardiana esperaba junto a la vieja puerta y miraba cómo un pequeño barco llegaba desde el mar mientras \
         la lluvia caía sobre el puerto nadie le había dicho que la lámpara ardería otro invierno pero ella subía el \
         aceite por la escalera contaba cada peldaño y escuchaba el viento en las habitaciones vacías",
    ),
    spoken(
        "pl",
        "strażniczka czekała przy starych drzwiach i patrzyła jak mała łódź wpływa z morza podczas gdy deszcz padał \
         na przystań nikt jej nie powiedział że lampa będzie się palić jeszcze jedną zimę lecz ona niosła olej po \
         schodach liczyła każdy stopień i słuchała wiatru w pustych pokojach poniżej",
    ),
    spoken(
        "ru",
        "смотрительница ждала у старой двери и смотрела как маленькая лодка входит с моря пока дождь падал на \
         гавань никто не говорил ей что лампа будет гореть ещё одну зиму но она несла масло вверх по лестнице \
         считала каждую ступень и слушала ветер в пустых комнатах внизу",
    ),
    unspaced(
        "ja",
        "灯台守は 古い扉の前で 静かに 待っていた 小さな船が 海から 港へ 入ってくるのを 見つめ 雨が 石段を 濡らし 誰も \
         彼女に ランプが もう一度 冬を越して 燃え続けると 言わなかった けれど 油を抱えて 階段を上り 一段ずつ 数え \
         空っぽの部屋に 吹く風の音を 聞いていた",
        "。",
    ),
    unspaced(
        "zh",
        "守塔人 在旧门旁边 静静地 等待着 看见 一条小船 从海上 驶进 港口 雨水 落在 石阶上 没有人 告诉过她 那盏灯 还会 \
         再燃烧 一个冬天 可是她 提着油 走上楼梯 数着 每一级台阶 听着 空房间里 风的声音",
        "。",
    ),
    spoken(
        "ko",
        "등대지기는 낡은 문 앞에서 조용히 기다렸다 작은 배가 바다에서 항구로 들어오는 것을 바라보는 동안 비가 돌계단 \
         위에 내렸다 아무도 그녀에게 등불이 또 한 번의 겨울을 견디며 타오를 것이라고 말하지 않았지만 기름을 들고 \
         층계를 올라 계단을 하나씩 세며 빈방의 바람 소리를 들었다",
    ),
    spoken(
        "ar",
        "انتظرت الحارسة عند الباب القديم ونظرت إلى قارب صغير يدخل من البحر بينما كان المطر يسقط على الميناء لم يخبرها \
         أحد أن المصباح سيظل مشتعلا شتاء آخر لكنها حملت الزيت إلى أعلى السلم وعدت كل درجة وأصغت إلى الريح في الغرف \
         الفارغة تحتها",
    ),
    Spoken {
        stop: "।",
        ..spoken(
            "hi",
            "रखवाली पुराने दरवाज़े के पास खड़ी रही और उसने देखा कि एक छोटी नाव समुद्र से बंदरगाह में आ रही है जबकि बारिश \
             सीढ़ियों पर गिर रही थी किसी ने उससे नहीं कहा था कि दीपक एक और सर्दी तक जलेगा लेकिन वह तेल लेकर ऊपर गई हर \
             सीढ़ी गिनी और नीचे के खाली कमरों में हवा की आवाज़ सुनी",
        )
    },
    unspaced(
        "th",
        "ผู้ดูแลประภาคาร ยืนรออยู่ ที่ประตูเก่า และมองเห็น เรือลำเล็ก แล่นเข้ามา จากทะเล ขณะที่ฝน ตกลงบน ท่าเรือ ไม่มีใคร \
         บอกเธอว่า ตะเกียง จะลุกไหม้ ไปอีกหนึ่ง ฤดูหนาว แต่เธอ ถือน้ำมัน ขึ้นบันได นับทุกขั้น และฟังเสียงลม \
         ในห้องว่างเปล่า ข้างล่าง",
        " ",
    ),
    Spoken {
        stop: "።",
        ..spoken(
            "am",
            "ጠባቂዋ በአሮጌው በር አጠገብ ቆማ ጠበቀች ትንሽ ጀልባ ከባሕር ወደ ወደቡ ስትገባ ተመለከተች ዝናብ በድንጋይ ደረጃዎች ላይ ይወርድ ነበር \
             መብራቱ ሌላ ክረምት እንደሚነድ ማንም አልነገራትም ነገር ግን ዘይቱን ይዛ ወደ ላይ ወጣች እያንዳንዱን ደረጃ ቆጠረች በባዶ ክፍሎች ውስጥ \
             የነፋሱን ድምፅ አዳመጠች",
        )
    },
    spoken(
        "ka",
        "მცველი ძველ კართან იდგა და ელოდა უყურებდა როგორ შემოდიოდა პატარა ნავი ზღვიდან ნავსადგურში სანამ წვიმა \
         კიბეებს ეცემოდა არავის უთქვამს მისთვის რომ ლამპა კიდევ ერთ ზამთარს დაიწვებოდა მაგრამ მან ზეთი მაღლა აიტანა \
         ყოველი საფეხური დათვალა და ცარიელ ოთახებში ქარის ხმას უსმენდა",
    ),
    spoken(
        "ta",
        "காவலாளி பழைய கதவருகே நின்று காத்திருந்தாள் ஒரு சிறிய படகு கடலிலிருந்து துறைமுகத்திற்குள் வருவதைப் \
         பார்த்தாள் மழை கற்படிகளின் மீது பெய்தது விளக்கு இன்னொரு குளிர்காலம் எரியும் என்று யாரும் அவளிடம் \
         சொல்லவில்லை ஆனால் அவள் எண்ணெயைச் சுமந்து மேலே ஏறினாள் ஒவ்வொரு படியையும் எண்ணினாள் வெற்று அறைகளில் \
         காற்றின் ஒலியைக் கேட்டாள்",
    ),
];

impl Spoken {
    pub fn language(&self) -> Language {
        Language::parse(self.tag).expect("a language")
    }

    /// At least so many words (characters where the language counts those), in whole sentences and paragraphs; every
    /// seed gives another text.
    pub fn prose(&self, length: u32, seed: u64) -> String {
        let mut random = fastrand::Rng::with_seed(seed);
        let words: Vec<&str> = self.words.split_whitespace().collect();
        let language = self.language();
        let mut text = String::new();
        let (mut written, mut sentences) = (0, 0);
        while written < length {
            let count = random.usize(7..15);
            let chosen: Vec<&str> = (0..count)
                .map(|_| words[random.usize(..words.len())])
                .collect();
            let sentence = chosen.join(self.blank);
            written += words::count(&sentence, &language);
            if sentences > 0 {
                text.push_str(if sentences % 5 == 0 {
                    "\n\n"
                } else {
                    self.blank
                });
            }
            sentences += 1;
            let mut letters = sentence.chars();
            text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            text.push_str(letters.as_str());
            text.push_str(self.stop);
        }
        text.trim_end().to_owned()
    }
}
