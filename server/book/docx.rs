//! Writes a book in Word's format (ECMA-376, WordprocessingML): as publishers ask for manuscripts, or as a book.

mod body;
mod fixed;
mod layout;

use super::{Book, Part, xml};
pub use layout::Layout;

/// Returns the parts of the archive in order.
pub fn parts(book: &Book, layout: Layout) -> Vec<Part<'_>> {
    vec![
        Part::text("[Content_Types].xml", fixed::CONTENT_TYPES),
        Part::text("_rels/.rels", fixed::RELATIONS),
        Part::text("docProps/core.xml", properties(book)),
        Part::text("docProps/app.xml", fixed::APPLICATION),
        Part::pieces("word/document.xml", body::document(book, layout)),
        Part::text("word/_rels/document.xml.rels", fixed::DOCUMENT_RELATIONS),
        Part::text("word/styles.xml", fixed::styles(book, layout)),
        Part::text("word/settings.xml", fixed::SETTINGS),
        Part::pieces("word/footnotes.xml", body::footnotes(book)),
        Part::text("word/header1.xml", header(book, layout)),
    ]
}

fn properties(book: &Book) -> String {
    let mut out = format!(
        "{}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<dc:title>{}</dc:title>\n",
        fixed::HEAD,
        xml::escaped(&book.title)
    );
    if let Some(subtitle) = &book.subtitle {
        out.push_str(&format!(
            "<dc:subject>{}</dc:subject>\n",
            xml::escaped(subtitle)
        ));
    }
    out.push_str(&format!(
        "<dc:creator>{}</dc:creator>\n<dc:language>{}</dc:language>\n\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{time}</dcterms:created>\n\
         <dcterms:modified xsi:type=\"dcterms:W3CDTF\">{time}</dcterms:modified>\n</cp:coreProperties>\n",
        xml::escaped(&book.byline()),
        book.language,
        time = xml::escaped(&book.modified),
    ));
    out
}

/// Writes the running head: `Voss / THE LAMP KEEPER / 12`, or the number alone.
fn header(book: &Book, layout: Layout) -> String {
    let mut text = String::new();
    if layout == Layout::Manuscript {
        let author = book.authors.first().map(|name| surname(name));
        let parts = author
            .iter()
            .map(|it| (*it).to_owned())
            .chain([book.title.to_uppercase()]);
        text = parts.map(|part| format!("{part} / ")).collect();
    }
    let align = match layout {
        Layout::Manuscript => "end",
        Layout::Plain => "center",
    };
    format!(
        "{}<w:hdr xmlns:w=\"{}\"><w:p><w:pPr><w:pStyle w:val=\"Header\"/><w:jc w:val=\"{align}\"/></w:pPr>\
         <w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>\
         <w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>\
         <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r>\
         <w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p></w:hdr>\n",
        fixed::HEAD,
        fixed::NAMESPACE,
        xml::escaped(&text)
    )
}

fn surname(name: &str) -> &str {
    let name = name.trim();
    match name.split_once(',') {
        Some((surname, _)) => surname.trim(),
        None => name.split_whitespace().next_back().unwrap_or(name),
    }
}
