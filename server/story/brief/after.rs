//! Resolves `after=`: beats that have to be written before others.

use std::collections::HashMap;

use super::parts::Beat;
use crate::story::text::spelling::closest;
use crate::story::{BeatId, Problem, Span};

/// Checks every `after` and keeps the valid ones: an id that is unknown, the beat's own, or part of a circle
/// is reported and left out.
pub(crate) fn settle_after(beats: &mut [Beat], problems: &mut Vec<Problem>) {
    let index: HashMap<BeatId, usize> = beats
        .iter()
        .enumerate()
        .map(|(index, beat)| (beat.id.clone(), index))
        .collect();
    let mut edges: Vec<Vec<Edge>> = Vec::with_capacity(beats.len());
    for (from, beat) in beats.iter().enumerate() {
        let mut known: Vec<Edge> = Vec::new();
        for (id, span) in beat.after.iter().zip(&beat.after_spans) {
            match index.get(id).copied() {
                None => problems.push(Problem::error(
                    span.clone(),
                    "after-unknown",
                    unknown(id, beats),
                )),
                Some(to) if to == from => problems.push(Problem::error(
                    span.clone(),
                    "after-itself",
                    format!("`{id}` can't come after itself. Name another beat, or delete this."),
                )),
                Some(to) if known.iter().any(|edge| edge.to == to) => {}
                Some(to) => known.push(Edge {
                    to,
                    span: span.clone(),
                }),
            }
        }
        edges.push(known);
    }
    cut_cycles(&mut edges, beats, problems);
    let ids: Vec<BeatId> = beats.iter().map(|beat| beat.id.clone()).collect();
    for (beat, edges) in beats.iter_mut().zip(edges) {
        beat.after = edges.iter().map(|edge| ids[edge.to].clone()).collect();
        beat.after_spans = edges.into_iter().map(|edge| edge.span).collect();
    }
}

#[derive(Clone)]
struct Edge {
    to: usize,
    span: Span,
}

fn unknown(id: &BeatId, beats: &[Beat]) -> String {
    // An outline so long that this would be slow is not one that anybody types.
    let known = beats.iter().take(1000).map(|beat| beat.id.as_str());
    match closest(id.as_str(), known) {
        Some(known) => format!("There is no beat `{id}`. Did you mean `{known}`?"),
        None => format!(
            "There is no beat `{id}`. Name the id of a beat in the outline, or delete this."
        ),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    /// On the way, at this place of the path.
    Open(usize),
    Done,
}

/// Walks depth-first without recursion, so that no outline is too long for the stack. An
/// edge back into the path closes a circle: it is reported and cut.
fn cut_cycles(edges: &mut [Vec<Edge>], beats: &[Beat], problems: &mut Vec<Problem>) {
    let mut visits = vec![Visit::New; edges.len()];
    for root in 0..edges.len() {
        if visits[root] != Visit::New {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        visits[root] = Visit::Open(0);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(edge) = edges[node].get(*next).cloned() else {
                visits[node] = Visit::Done;
                path.pop();
                continue;
            };
            match visits[edge.to] {
                Visit::Done => *next += 1,
                Visit::New => {
                    *next += 1;
                    visits[edge.to] = Visit::Open(path.len());
                    path.push((edge.to, 0));
                }
                Visit::Open(place) => {
                    // The next edge moves up to this one's place.
                    edges[node].remove(*next);
                    let circle: Vec<usize> = path[place..].iter().map(|(node, _)| *node).collect();
                    problems.push(Problem::error(
                        edge.span,
                        "after-cycle",
                        describe(&circle, beats),
                    ));
                }
            }
        }
    }
}

/// Describes a circle of beats that wait for each other; `circle` runs from one beat over those that it waits
/// for.
fn describe(circle: &[usize], beats: &[Beat]) -> String {
    const MOST: usize = 6;
    let mut names: Vec<String> = circle
        .iter()
        .take(MOST)
        .map(|beat| format!("`{}`", beats[*beat].id))
        .collect();
    if circle.len() > MOST {
        names.push("…".to_owned());
    }
    names.extend(circle.first().map(|beat| format!("`{}`", beats[*beat].id)));
    format!(
        "These beats wait for each other in a circle: {}. Delete one `after`.",
        names.join(" after ")
    )
}
