//! Words in names that do not say who is meant: articles, particles, titles, forms of address.
//!
//! Written from general knowledge of the languages; no other list was copied. Lower case.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Between the parts of a name, in any language. In front they may be a name: Al, Ben.
const PARTICLES: &str = "
de del della delle dello dei degli di da das do dos du des d la las le les lo los el y e i
von vom van der den dem ter ten te tot zu zur zum und af av
ibn bin bint ben bat abu umm al el ul ud as ar
mac mc o ap ab verch
бен ибн фон ван де аль
بن ابن بنت آل أبو أبي أم بو
בן בת אבן
";

/// Titles in front of a name, in any language. Behind all other parts they are a surname: Grace Young.
const TITLES: &str = "
mr mrs ms miss mx dr prof sir dame lord lady madam master mistress captain capt inspector sergeant sgt constable
colonel col major general gen lieutenant lt commander admiral doctor professor father mother brother sister aunt
auntie uncle grandma grandpa grandmother grandfather granny nurse king queen prince princess emperor empress duke
duchess count countess baron baroness judge saint st reverend rev rabbi imam chief president senator mayor
old young little big great good poor dear blind mad tall fat lame holy wise
herr frau fräulein fraulein doktor graf gräfin fürst fürstin könig königin prinz prinzessin kapitän onkel tante
bruder schwester vater mutter pater meister alte alter junge junger kleine kleiner große großer
monsieur madame mademoiselle mme mlle maître docteur professeur capitaine comte comtesse marquis marquise roi reine
oncle père mère frère sœur soeur abbé saint sainte vieux vieil vieille petit petite grand grande
señor señora señorita sr sra srta doctor doctora capitán padre madre hermano hermana tío tía abuelo abuela rey reina
príncipe princesa conde condesa san santa santo viejo vieja joven pequeño pequeña
signor signore signora signorina dottor dottore dottoressa capitano conte contessa zio zia nonno nonna fra suor vecchio
vecchia senhor senhora doutor doutora capitão tio tia dona velho velha
meneer mevrouw mijnheer juffrouw oom dokter kapitein oude jonge
fru frøken fröken fruen doktorn kaptein kapten farbror moster tant onkel gamle gamla
pan pani panna pana doktora profesor kapitan wuj ciotka stary stara
господин госпожа доктор профессор капитан генерал полковник князь княгиня граф графиня царь дядя тётя дед бабушка отец
старый старая маленький пан пани
κύριος κυρία δόκτωρ καπετάνιος
السيد السيدة الآنسة الدكتور الدكتورة الأستاذ الأستاذة الشيخ الشيخة الحاج الحاجة الأمير الأميرة الملك الملكة العم
العمة الخال الخالة الجد الجدة الأب الأم القائد النقيب القبطان المعلم المعلمة سيد سيدة دكتور عبد
العجوز الصغير الصغيرة الكبير الكبيرة
מר גברת אדון ד״ר פרופ הרב רבי סבא סבתא
श्री श्रीमती सुश्री डॉ
";

/// Suffixes after a name, in any language.
const ENDINGS: &str = "
jr sr ii iii iv vi esq phd junior senior jnr snr fils père
bey hanım efendi usta hoca paşa san sama kun chan sensei senpai ji sahib begum
님 씨 선생 선생님 जी
";

/// Words of a language that are capital only where a sentence begins. They are no part of a
/// name that tells, wherever it stands in it.
const SMALL: [(&str, &str); 13] = [
    (
        "en",
        "the a an of and or in on at by to from with for no not one two three first last all any some every each my our
        his her its their your who what this that these those i he she it we you they me him us them as if so but",
    ),
    (
        "de",
        "der die das des dem den ein eine einer eines einem einen und oder von vom zu zum zur im in am an auf mit aus
        bei für kein keine alle ich du er sie es wir ihr sein seine mein meine unser unsere",
    ),
    (
        "fr",
        "le la les l un une des du de d et ou à au aux en dans sur avec pour sans par mon ma mes son sa ses notre
        votre leur je tu il elle nous vous ils elles ce cet cette ces qui que",
    ),
    (
        "es",
        "el la los las lo un una unos unas de del y e o a al en con por para sin sobre mi su sus tu nuestro nuestra yo
        él ella nosotros ellos ellas este esta ese esa don doña",
    ),
    (
        "it",
        "il lo la i gli le l un uno una di del della dei delle da dal dalla e o a al alla in nel nella con per su tra
        fra mio mia suo sua io tu lui lei noi voi loro don donna questo questa",
    ),
    (
        "pt",
        "o a os as um uma uns umas de do da dos das e ou em no na nos nas ao à com por para sem meu minha seu sua eu
        tu ele ela nós eles elas dom dona este esta",
    ),
    (
        "nl",
        "de het een der den van en of in op aan met uit bij voor geen alle ik jij hij zij ze wij we mijn zijn haar ons
        onze",
    ),
    ("sv", "den det en ett och i på av till från med för jag du han hon vi ni de min sin"),
    ("da", "den det en et og i på af til fra med for jeg du han hun vi de min sin"),
    ("nb", "den det en ei et og i på av til fra med for jeg du han hun vi de min sin"),
    ("pl", "i w na z ze do od o po za ja ty on ona my wy oni ten ta to"),
    ("ru", "и в на с со к от о об по за из у я ты он она мы вы они этот эта это"),
    ("ar", "في من إلى على عن مع هو هي هذا هذه ذلك تلك التي الذي"),
];

/// Honorifics that are written onto a name.
pub(super) const HONORIFICS: [&str; 17] = [
    "さん",
    "さま",
    "様",
    "くん",
    "君",
    "ちゃん",
    "氏",
    "殿",
    "博士",
    "先生",
    "小姐",
    "太太",
    "女士",
    "老师",
    "師匠",
    "선생님",
    "씨",
];

/// Korean suffixes of a name, besides honorifics.
pub(super) const KOREAN_ENDINGS: [&str; 30] = [
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "의",
    "에게",
    "에게서",
    "한테",
    "와",
    "과",
    "도",
    "만",
    "야",
    "아",
    "로",
    "으로",
    "랑",
    "이랑",
    "이는",
    "이가",
    "이를",
    "이의",
    "씨",
    "씨는",
    "씨가",
    "씨의",
    "님",
    "님은",
];

/// The position of a word among the parts of a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

/// Tells whether a word of a name, in lower case, does not say who is meant.
pub(super) fn says_nothing(word: &str, place: Place, language: &str) -> bool {
    static PARTICLE: LazyLock<HashSet<&str>> = LazyLock::new(|| set(PARTICLES));
    static TITLE: LazyLock<HashSet<&str>> = LazyLock::new(|| set(TITLES));
    static ENDING: LazyLock<HashSet<&str>> = LazyLock::new(|| set(ENDINGS));
    static OF_LANGUAGE: LazyLock<Vec<(&str, HashSet<&str>)>> = LazyLock::new(|| {
        SMALL
            .iter()
            .map(|(tag, words)| (*tag, set(words)))
            .collect()
    });
    let of_language = OF_LANGUAGE.iter().find(|(tag, _)| *tag == language);
    of_language.is_some_and(|(_, words)| words.contains(word))
        || (!place.is_first && PARTICLE.contains(word))
        || (!place.is_last && TITLE.contains(word))
        || (!place.is_first && ENDING.contains(word))
}

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}
