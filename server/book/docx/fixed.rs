//! Has the parts of a document that hardly depend on the book: types, relations, settings, styles.

use super::layout::Layout;
use crate::book::Book;

pub const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
pub const NAMESPACE: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

pub const CONTENT_TYPES: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>
<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">
<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>
<Default Extension=\"xml\" ContentType=\"application/xml\"/>
<Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>
<Override PartName=\"/word/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml\"/>
<Override PartName=\"/word/settings.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml\"/>
<Override PartName=\"/word/footnotes.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml\"/>
<Override PartName=\"/word/header1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml\"/>
<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>
<Override PartName=\"/docProps/app.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.extended-properties+xml\"/>
</Types>
";

pub const RELATIONS: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>
<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">
<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>
<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>
<Relationship Id=\"rId3\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties\" Target=\"docProps/app.xml\"/>
</Relationships>
";

pub const DOCUMENT_RELATIONS: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>
<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">
<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/>
<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings\" Target=\"settings.xml\"/>
<Relationship Id=\"rId3\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes\" Target=\"footnotes.xml\"/>
<Relationship Id=\"rId4\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/header\" Target=\"header1.xml\"/>
</Relationships>
";

pub const APPLICATION: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>
<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Application>Storywright</Application></Properties>
";

pub const SETTINGS: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>
<w:settings xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:footnotePr><w:footnote w:id=\"-1\"/><w:footnote w:id=\"0\"/></w:footnotePr><w:compat><w:compatSetting w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>
";

/// How one style of paragraphs looks: id, name, and its properties in the two layouts.
struct Style {
    id: &'static str,
    name: &'static str,
    based_on: &'static str,
    /// Of the paragraph and of its text.
    manuscript: (&'static str, &'static str),
    plain: (&'static str, &'static str),
}

const STYLES: [Style; 11] = [
    Style {
        id: "BodyText",
        name: "Body Text",
        based_on: "Normal",
        manuscript: ("<w:ind w:firstLine=\"720\"/>", ""),
        plain: ("<w:ind w:firstLine=\"360\"/>", ""),
    },
    Style {
        id: "FirstParagraph",
        name: "First Paragraph",
        based_on: "BodyText",
        manuscript: ("<w:ind w:firstLine=\"720\"/>", ""),
        plain: ("<w:ind w:firstLine=\"0\"/>", ""),
    },
    Style {
        id: "Title",
        name: "Title",
        based_on: "Normal",
        manuscript: ("<w:spacing w:before=\"4320\"/><w:jc w:val=\"center\"/>", ""),
        plain: (
            "<w:spacing w:before=\"3600\" w:after=\"240\"/><w:jc w:val=\"center\"/>",
            "<w:sz w:val=\"48\"/><w:szCs w:val=\"48\"/>",
        ),
    },
    Style {
        id: "Subtitle",
        name: "Subtitle",
        based_on: "Normal",
        manuscript: ("<w:jc w:val=\"center\"/>", ""),
        plain: (
            "<w:jc w:val=\"center\"/>",
            "<w:sz w:val=\"28\"/><w:szCs w:val=\"28\"/>",
        ),
    },
    Style {
        id: "Contact",
        name: "Contact",
        based_on: "Normal",
        manuscript: (
            "<w:tabs><w:tab w:val=\"right\" w:pos=\"9360\"/></w:tabs><w:spacing w:line=\"240\" w:lineRule=\"auto\"/>",
            "",
        ),
        plain: ("", ""),
    },
    Style {
        id: "Heading1",
        name: "heading 1",
        based_on: "Normal",
        manuscript: (
            "<w:keepNext/><w:pageBreakBefore/><w:spacing w:before=\"3600\" w:after=\"480\"/><w:jc w:val=\"center\"/><w:outlineLvl w:val=\"0\"/>",
            "",
        ),
        plain: (
            "<w:keepNext/><w:pageBreakBefore/><w:spacing w:before=\"1440\" w:after=\"480\"/><w:jc w:val=\"center\"/><w:outlineLvl w:val=\"0\"/>",
            "<w:sz w:val=\"32\"/><w:szCs w:val=\"32\"/>",
        ),
    },
    Style {
        id: "Heading3",
        name: "heading 3",
        based_on: "Normal",
        manuscript: ("<w:keepNext/><w:outlineLvl w:val=\"2\"/>", "<w:b/><w:bCs/>"),
        plain: (
            "<w:keepNext/><w:spacing w:before=\"240\"/><w:outlineLvl w:val=\"2\"/>",
            "<w:b/><w:bCs/>",
        ),
    },
    Style {
        id: "SceneBreak",
        name: "Scene Break",
        based_on: "Normal",
        manuscript: ("<w:keepNext/><w:jc w:val=\"center\"/>", ""),
        plain: (
            "<w:keepNext/><w:spacing w:before=\"240\" w:after=\"240\"/><w:jc w:val=\"center\"/>",
            "",
        ),
    },
    Style {
        id: "BlockText",
        name: "Block Text",
        based_on: "Normal",
        manuscript: ("<w:ind w:start=\"720\" w:end=\"720\"/>", ""),
        plain: (
            "<w:spacing w:before=\"120\" w:after=\"120\"/><w:ind w:start=\"567\" w:end=\"567\"/>",
            "",
        ),
    },
    Style {
        id: "ListParagraph",
        name: "List Paragraph",
        based_on: "Normal",
        manuscript: ("<w:ind w:start=\"1080\" w:hanging=\"360\"/>", ""),
        plain: ("<w:ind w:start=\"720\" w:hanging=\"360\"/>", ""),
    },
    Style {
        id: "FootnoteText",
        name: "footnote text",
        based_on: "Normal",
        manuscript: ("", ""),
        plain: (
            "<w:spacing w:line=\"240\" w:lineRule=\"auto\"/>",
            "<w:sz w:val=\"20\"/><w:szCs w:val=\"20\"/>",
        ),
    },
];

/// Writes the styles of a layout.
pub fn styles(book: &Book, layout: Layout) -> String {
    let is_right_to_left = book.is_right_to_left();
    let (font, line) = match layout {
        Layout::Manuscript => ("Times New Roman", 480),
        Layout::Plain => ("Georgia", 300),
    };
    let east_asian = match book.language.primary().as_str() {
        "ja" => "MS Mincho",
        "ko" => "Batang",
        _ => "SimSun",
    };
    let language = match is_right_to_left {
        true => format!("<w:lang w:bidi=\"{}\"/>", book.language),
        false if book.language.counts_characters() => {
            format!("<w:lang w:eastAsia=\"{}\"/>", book.language)
        }
        false => format!("<w:lang w:val=\"{}\"/>", book.language),
    };
    let bidi = if is_right_to_left { "<w:bidi/>" } else { "" };
    let mut out = format!(
        "{HEAD}<w:styles xmlns:w=\"{NAMESPACE}\"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"{font}\" \
         w:hAnsi=\"{font}\" w:eastAsia=\"{east_asian}\" w:cs=\"Times New Roman\"/><w:sz w:val=\"24\"/>\
         <w:szCs w:val=\"24\"/>{language}</w:rPr></w:rPrDefault></w:docDefaults>\n\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/>\
         <w:pPr><w:widowControl w:val=\"0\"/>{bidi}<w:spacing w:line=\"{line}\" w:lineRule=\"auto\"/></w:pPr></w:style>\n\
         <w:style w:type=\"paragraph\" w:styleId=\"Header\"><w:name w:val=\"header\"/><w:basedOn w:val=\"Normal\"/>\
         <w:pPr><w:spacing w:line=\"240\" w:lineRule=\"auto\"/></w:pPr></w:style>\n\
         <w:style w:type=\"character\" w:styleId=\"FootnoteReference\"><w:name w:val=\"footnote reference\"/>\
         <w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr></w:style>\n"
    );
    for style in &STYLES {
        let (paragraph, run) = match layout {
            Layout::Manuscript => style.manuscript,
            Layout::Plain => style.plain,
        };
        out.push_str(&format!(
            "<w:style w:type=\"paragraph\" w:styleId=\"{}\"><w:name w:val=\"{}\"/><w:basedOn w:val=\"{}\"/><w:qFormat/>\
             <w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>\n",
            style.id, style.name, style.based_on
        ));
    }
    out.push_str("</w:styles>\n");
    out
}
