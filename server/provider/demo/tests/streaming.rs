//! How the text arrives.

use std::sync::Arc;

use futures::StreamExt;

use super::{PACKS, english, scene, text};
use crate::provider::demo::DemoWriter;
use crate::provider::demo::scene::Scene;
use crate::provider::{Event, Extension, FinishReason, Provider, Request, Usage};

fn request(scene: Scene, max_output_tokens: u32) -> Request {
    Request {
        model: "demo".to_owned(),
        system: "x".repeat(400),
        user: vec!["y".repeat(40)],
        max_output_tokens,
        prompt_tokens: 16_000,
        context_tokens: 16_000,
        temperature: None,
        seed: None,
        thinking: Default::default(),
        format: None,
        extension: Extension::new(Arc::new(scene)),
    }
}

async fn events(writer: DemoWriter, request: Request) -> Vec<Event> {
    let stream = writer.complete(request).await.unwrap();
    stream.map(|event| event.unwrap()).collect().await
}

fn told(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Text(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

#[tokio::test]
async fn streams_the_text_in_small_pieces() {
    for language in PACKS {
        let scene = scene(language, 1, 300);
        for words_per_second in [None, Some(1.0e9), Some(0.0), Some(f64::NAN)] {
            let events = events(
                DemoWriter { words_per_second },
                request(scene.clone(), 8000),
            )
            .await;
            assert_eq!(told(&events), text(&scene));
            assert!(events.len() > 100);
            let started = Event::Started {
                model: Some("demo".to_owned()),
            };
            assert_eq!(events.first(), Some(&started));
            assert_eq!(events.last(), Some(&Event::Finished(FinishReason::Stop)));
            let usage = events.iter().rev().find_map(|event| match event {
                Event::Usage(usage) => Some(*usage),
                _ => None,
            });
            let Some(Usage {
                input_tokens: Some(110),
                output_tokens: Some(output),
                ..
            }) = usage
            else {
                panic!("{usage:?}");
            };
            assert!((290..420).contains(&output), "{output}");
        }
    }
}

#[tokio::test]
async fn stops_at_the_output_limit_and_goes_on_from_there() {
    let mut scene = english(1, 400);
    let whole = text(&scene);
    let mut calls = 0;
    loop {
        let events = events(DemoWriter::default(), request(scene.clone(), 100)).await;
        scene.so_far.push_str(&told(&events));
        calls += 1;
        if events.last() == Some(&Event::Finished(FinishReason::Stop)) {
            break;
        }
        assert_eq!(events.last(), Some(&Event::Finished(FinishReason::Length)));
        assert!(calls < 10);
    }
    assert_eq!(scene.so_far, whole);
    assert!(calls > 4);
}

#[tokio::test]
async fn says_so_where_it_has_no_phrases() {
    let events = events(DemoWriter::default(), request(scene("fr", 1, 200), 8000)).await;
    assert!(events.iter().any(|event| matches!(event, Event::Notice(_))));
}
