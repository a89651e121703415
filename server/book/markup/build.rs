//! Builds blocks and inlines from the events of the markdown parser.

use std::collections::BTreeMap;

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::parts::{Block, Inline, MOST_DEPTH, Prose, Typography};
use super::typography::Marks;
use crate::story::Span;
use crate::story::text::scripts::takes_no_space;

/// The tags of HTML that may stand in prose: what they ask for is left out, their content stays.
const TAGS: [&str; 24] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "center",
    "cite",
    "code",
    "div",
    "em",
    "font",
    "hr",
    "i",
    "img",
    "p",
    "rp",
    "rt",
    "ruby",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
];

enum Frame {
    Blocks(Holder, Vec<Block>),
    List(Option<u64>, Vec<Vec<Block>>),
    Inlines(Wrap, Vec<Inline>),
    /// A mark that is too deep to count.
    Ignored,
}

enum Holder {
    Text,
    Quote,
    Item,
    Note(String),
}

enum Wrap {
    Paragraph,
    /// The text of a tight list's item, which the parser does not mark.
    Implied,
    Heading,
    Emphasis,
    Strong,
    Strike,
    Link(String),
    /// A picture: its description stands for it.
    Picture,
}

enum Code {
    Fenced(String),
    Indented(String),
    Html(String),
}

pub(super) struct Builder<'a> {
    source: &'a str,
    marks: Marks,
    stack: Vec<Frame>,
    code: Option<Code>,
    /// Labels of footnotes in the order in which they are called.
    called: Vec<String>,
    notes: BTreeMap<String, Vec<Block>>,
}

impl<'a> Builder<'a> {
    pub fn new(source: &'a str, typography: &Typography) -> Builder<'a> {
        Builder {
            source,
            marks: Marks::of(typography),
            stack: vec![Frame::Blocks(Holder::Text, Vec::new())],
            code: None,
            called: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    pub fn take(&mut self, event: Event<'_>, span: &Span) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text, span),
            Event::Code(text) => self.push(Inline::Code(text.into_string())),
            Event::SoftBreak => self.soft_break(span),
            Event::HardBreak => self.push(Inline::LineBreak),
            Event::Rule => self.block(Block::Break),
            Event::InlineHtml(tag) => self.inline_html(&tag),
            Event::Html(text) => match &mut self.code {
                Some(Code::Html(html)) => html.push_str(&text),
                _ => self.inline_html(&text),
            },
            Event::FootnoteReference(label) => {
                let label = label.into_string();
                let known = self.called.iter().position(|called| *called == label);
                let number = known.unwrap_or_else(|| {
                    self.called.push(label);
                    self.called.len() - 1
                });
                self.push(Inline::Note(number));
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push(Inline::Text(text.into_string()));
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        let inline = |wrap| Frame::Inlines(wrap, Vec::new());
        let frame = match tag {
            Tag::CodeBlock(kind) => {
                self.close_implied();
                self.code = Some(match kind {
                    CodeBlockKind::Fenced(_) => Code::Fenced(String::new()),
                    CodeBlockKind::Indented => Code::Indented(String::new()),
                });
                return;
            }
            Tag::HtmlBlock => {
                self.close_implied();
                self.code = Some(Code::Html(String::new()));
                return;
            }
            Tag::Emphasis => inline(Wrap::Emphasis),
            Tag::Strong => inline(Wrap::Strong),
            Tag::Strikethrough => inline(Wrap::Strike),
            Tag::Link { dest_url, .. } => inline(Wrap::Link(dest_url.into_string())),
            Tag::Image { .. } => inline(Wrap::Picture),
            Tag::Paragraph => inline(Wrap::Paragraph),
            Tag::Heading { .. } => inline(Wrap::Heading),
            Tag::BlockQuote(_) => Frame::Blocks(Holder::Quote, Vec::new()),
            Tag::List(first) => Frame::List(first, Vec::new()),
            Tag::Item => Frame::Blocks(Holder::Item, Vec::new()),
            Tag::FootnoteDefinition(label) => {
                Frame::Blocks(Holder::Note(label.into_string()), Vec::new())
            }
            // Extensions that are not switched on.
            _ => Frame::Ignored,
        };
        match &frame {
            Frame::Inlines(Wrap::Paragraph | Wrap::Heading, _)
            | Frame::Blocks(..)
            | Frame::List(..) => {
                self.close_implied();
            }
            Frame::Inlines(..) => self.ensure_inlines(),
            Frame::Ignored => {}
        }
        let is_deep =
            self.stack.len() >= MOST_DEPTH && !matches!(frame, Frame::Inlines(Wrap::Paragraph, _));
        self.stack
            .push(if is_deep { Frame::Ignored } else { frame });
    }

    fn end(&mut self, tag: TagEnd) {
        if matches!(tag, TagEnd::CodeBlock | TagEnd::HtmlBlock) {
            self.end_code();
            return;
        }
        let is_block = matches!(
            tag,
            TagEnd::Item | TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::FootnoteDefinition
        );
        if is_block {
            self.close_implied();
        }
        if self.stack.len() > 1
            && let Some(frame) = self.stack.pop()
        {
            self.close(frame);
        }
    }

    /// Hands what a frame has collected to the one that it stands in.
    fn close(&mut self, frame: Frame) {
        match frame {
            Frame::Ignored => {}
            Frame::List(first, items) => self.block(Block::List { first, items }),
            Frame::Blocks(Holder::Text, blocks) => blocks.into_iter().for_each(|it| self.block(it)),
            Frame::Blocks(Holder::Quote, blocks) => self.block(Block::Quote(blocks)),
            Frame::Blocks(Holder::Note(label), blocks) => {
                self.notes.entry(label).or_default().extend(blocks);
            }
            Frame::Blocks(Holder::Item, blocks) => match self.stack.last_mut() {
                Some(Frame::List(_, items)) => items.push(blocks),
                _ => blocks.into_iter().for_each(|it| self.block(it)),
            },
            Frame::Inlines(Wrap::Paragraph | Wrap::Implied, inlines) => {
                self.marks.end_paragraph();
                if !inlines.is_empty() {
                    self.block(Block::Paragraph(inlines));
                }
            }
            Frame::Inlines(Wrap::Heading, inlines) => {
                self.marks.end_paragraph();
                self.block(Block::Heading(inlines));
            }
            Frame::Inlines(Wrap::Emphasis, inlines) => self.push(Inline::Emphasis(inlines)),
            Frame::Inlines(Wrap::Strong, inlines) => self.push(Inline::Strong(inlines)),
            Frame::Inlines(Wrap::Strike, inlines) => self.push(Inline::Strike(inlines)),
            Frame::Inlines(Wrap::Link(to), content) => self.push(Inline::Link { to, content }),
            Frame::Inlines(Wrap::Picture, inlines) => {
                inlines.into_iter().for_each(|it| self.push(it));
            }
        }
    }

    fn end_code(&mut self) {
        match self.code.take() {
            None => {}
            Some(Code::Fenced(text)) => {
                self.block(Block::Code(text.trim_end_matches('\n').to_owned()))
            }
            Some(Code::Indented(text)) => {
                let paragraphs = text
                    .split("\n\n")
                    .map(str::trim)
                    .filter(|it| !it.is_empty());
                for paragraph in paragraphs {
                    let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
                    let mut inlines = Vec::new();
                    for (number, line) in lines.iter().enumerate() {
                        if number > 0 {
                            inlines.push(Inline::LineBreak);
                        }
                        inlines.push(Inline::Text((*line).to_owned()));
                    }
                    self.block(Block::Paragraph(inlines));
                }
            }
            Some(Code::Html(html)) => {
                self.stack.push(Frame::Inlines(Wrap::Paragraph, Vec::new()));
                self.html_text(&html);
                self.end(TagEnd::Paragraph);
            }
        }
    }

    /// Takes the text of a block of HTML, tags left out.
    fn html_text(&mut self, html: &str) {
        let mut rest = html.trim();
        while let Some(start) = rest.find('<') {
            let end = rest[start..]
                .find('>')
                .map_or(rest.len(), |end| start + end + 1);
            self.html_words(&rest[..start]);
            self.inline_html(&rest[start..end]);
            rest = &rest[end..];
        }
        self.html_words(rest);
        if let Some(Frame::Inlines(_, inlines)) = self.stack.last_mut() {
            while matches!(inlines.last(), Some(Inline::Text(text)) if text.trim().is_empty()) {
                inlines.pop();
            }
            if let Some(Inline::Text(text)) = inlines.last_mut() {
                text.truncate(text.trim_end().len());
            }
        }
    }

    fn html_words(&mut self, text: &str) {
        let is_first =
            matches!(self.stack.last(), Some(Frame::Inlines(_, inlines)) if inlines.is_empty());
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut line = words.join(" ");
        if line.is_empty() && (text.is_empty() || is_first) {
            return;
        }
        if !is_first && text.starts_with(char::is_whitespace) {
            line.insert(0, ' ');
        }
        if !words.is_empty() && text.ends_with(char::is_whitespace) {
            line.push(' ');
        }
        self.push(Inline::Text(line));
    }

    fn inline_html(&mut self, tag: &str) {
        let inner = tag.trim_start_matches(['<', '/']);
        let name: String = inner
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let name = name.to_ascii_lowercase();
        if name == "br" {
            self.push(Inline::LineBreak);
        } else if !TAGS.contains(&name.as_str()) {
            self.push(Inline::Text(tag.to_owned()));
        }
    }

    fn text(&mut self, text: &str, span: &Span) {
        match &mut self.code {
            Some(Code::Fenced(code) | Code::Indented(code) | Code::Html(code)) => {
                code.push_str(text)
            }
            None => {
                let source = self.source.get(span.clone()).unwrap_or_default();
                let text = self.marks.set(text, source);
                self.push(Inline::Text(text));
            }
        }
    }

    /// Joins two lines of a paragraph: by a blank, but between scripts that have none.
    fn soft_break(&mut self, span: &Span) {
        let before = self
            .source
            .get(..span.start)
            .and_then(|text| text.trim_end().chars().next_back());
        let after = self
            .source
            .get(span.end..)
            .and_then(|text| text.trim_start().chars().next());
        let is_joined = |c: Option<char>| c.is_some_and(takes_no_space);
        if !(is_joined(before) && is_joined(after)) {
            self.push(Inline::Text(" ".to_owned()));
        }
    }

    fn ensure_inlines(&mut self) {
        let is_open = self
            .stack
            .iter()
            .rev()
            .find(|frame| !matches!(frame, Frame::Ignored))
            .is_some_and(|frame| matches!(frame, Frame::Inlines(..)));
        if !is_open {
            self.stack.push(Frame::Inlines(Wrap::Implied, Vec::new()));
        }
    }

    fn close_implied(&mut self) {
        if matches!(self.stack.last(), Some(Frame::Inlines(Wrap::Implied, _)))
            && let Some(frame) = self.stack.pop()
        {
            self.close(frame);
        }
    }

    fn push(&mut self, inline: Inline) {
        self.ensure_inlines();
        let open = self.stack.iter_mut().rev().find_map(|frame| match frame {
            Frame::Inlines(_, inlines) => Some(inlines),
            _ => None,
        });
        let Some(inlines) = open else { return };
        match (inlines.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, inline) => inlines.push(inline),
        }
    }

    fn block(&mut self, block: Block) {
        self.close_implied();
        let open = self.stack.iter_mut().rev().find_map(|frame| match frame {
            Frame::Blocks(_, blocks) => Some(blocks),
            _ => None,
        });
        if let Some(blocks) = open {
            blocks.push(block);
        }
    }

    pub fn finish(mut self) -> Prose {
        while self.stack.len() > 1 {
            if let Some(frame) = self.stack.pop() {
                self.close(frame);
            }
        }
        let mut blocks = match self.stack.pop() {
            Some(Frame::Blocks(_, blocks)) => blocks,
            _ => Vec::new(),
        };
        let mut notes = Vec::with_capacity(self.called.len());
        for label in &self.called {
            let note = self.notes.remove(label);
            notes.push(
                note.unwrap_or_else(|| vec![Block::Paragraph(vec![Inline::Text(label.clone())])]),
            );
        }
        // A note that nothing calls is text all the same.
        blocks.extend(self.notes.into_values().flatten());
        Prose { blocks, notes }
    }
}
