//! The picture in the README: the real console on the demo mesh, its cells written as an SVG.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

use crate::cli_operator::Held;
use crate::terminal::{Console, Key};

const COLUMNS: u16 = 120;
const ROWS: u16 = 36;
/// An agent that nobody trusts, and fifteen others below it; the demo mesh is the same in every run.
const SUSPECT: &str = "people-writer-0128";
const BRANCH: &str = "people-scheduler-0644";

/// A column and a row, in pixels.
const CELL: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 14.0;
const TITLE_BAR: f64 = 34.0;
const BACKGROUND: &str = "#11151c";
const FOREGROUND: &str = "#d5dbe5";
/// The sixteen colours of the terminal in the picture.
const PALETTE: [&str; 16] = [
    "#11151c", "#e0566b", "#8bc370", "#d9b15f", "#6aa6e8", "#c287e8", "#5fc3d0", "#aab4c3", "#5a6577",
    "#ff7b8b", "#a8e08d", "#f2cd7c", "#8fc1ff", "#dba8ff", "#86e1ec", "#ffffff",
];

#[test]
#[ignore = "writes assets/console.svg: cargo test --test suite picture -- --ignored"]
fn picture() {
    let mut console = Console::open(&[], &[], (COLUMNS, ROWS));
    console.wait_idle();
    // One branch was stopped in a hurry; now its source is found.
    find(&mut console, BRANCH);
    console.keys("s").wait_idle();
    console.keys("1y").wait_for(": SUSPENDED ").wait_idle();
    find(&mut console, SUSPECT);
    // In the tree, with everything below it open, and the question over it.
    console.keys("L").wait_idle();
    console.keys("t").wait_idle();
    console.keys("D").wait_idle();
    console.keys("1y").keys("b7acb").wait_idle();
    let screen = console.screen();
    assert!(screen.contains("REVOKE") && screen.contains(SUSPECT), "{screen}");
    write(&console, "console.svg");
}

#[test]
#[ignore = "writes assets/overview.svg: cargo test --test suite picture -- --ignored"]
fn picture_of_the_overview() {
    let mut console = Console::open(&[], &[], (COLUMNS, ROWS));
    console.wait_idle();
    assert!(console.screen().contains("Look at first"), "{}", console.screen());
    write(&console, "overview.svg");
}

#[test]
#[ignore = "writes assets/approval.svg: cargo test --test suite picture -- --ignored"]
fn picture_of_an_approval() {
    let held = Held::new();
    let mesh = held.home.run(&["generate", "--agents", "300", "--seed", "7"]).expect_code(0).stdout;
    let mesh = held.home.file("mesh.jsonl", mesh).display().to_string();
    held.by("ada", &["import", &mesh]).expect_code(0);
    held.join("grace", "responder");
    let sit_down = |name: &str| {
        let key = held.path(name);
        let mut console = Console::open_in(
            &held.home,
            &["--data", "data/meshwarden", "console", "--operator-key", &key],
            &[],
            (COLUMNS, ROWS),
        );
        console.wait_idle();
        console
    };
    // The responder on call opens a case and revokes a whole branch: too much for one person.
    let mut grace = sit_down("grace");
    grace.keys("Co").keys("odd calls at night").key(Key::Enter).wait_idle();
    grace.keys("y").wait_idle();
    find(&mut grace, "control-plane-0000");
    grace.keys("D").wait_idle();
    grace.keys("1").wait_idle();
    grace.keys("y").wait_idle();
    let waits = grace.screen();
    let phrase = waits.split_once(" type ").and_then(|(_, rest)| rest.split_once(" and enter")).unwrap().0;
    grace.keys(phrase).key(Key::Enter).wait_idle();
    assert!(grace.screen().contains("NOT DONE YET"), "{}", grace.screen());
    let mut ada = sit_down("ada");
    ada.keys("7").wait_idle();
    ada.keys("a").wait_idle();
    ada.keys("y").wait_idle();
    let screen = ada.screen();
    assert!(screen.contains("APPROVE") && screen.contains("held back"), "{screen}");
    write(&ada, "approval.svg");
}

fn write(console: &Console, file: &str) {
    let title = console.title();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(format!("{folder}/{file}"), console.look(|screen| svg(screen, &title))).unwrap();
}

fn find(console: &mut Console, name: &str) {
    console.keys("2/").key(Key::Ctrl('u')).keys(name).key(Key::Enter).wait_idle();
}

/// The screen in a window with a title.
fn svg(screen: &Screen, title: &str) -> String {
    let width = f64::from(COLUMNS) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(ROWS) * CELL.1 + 2.0 * MARGIN + TITLE_BAR;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>{title}</title>\n\
         <style>text {{ font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: 14px }}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"{BACKGROUND}\"/>\n\
         <path d=\"M0 {TITLE_BAR}V10a10 10 0 0 1 10-10H{}a10 10 0 0 1 10 10V{TITLE_BAR}z\" fill=\"#1d232d\"/>\n\
         <text x=\"{}\" y=\"22\" text-anchor=\"middle\" fill=\"#8793a5\">{title}</text>\n",
        width - 10.0,
        width / 2.0,
        title = escape(title),
    );
    for (index, colour) in ["#e0566b", "#d9b15f", "#8bc370"].iter().enumerate() {
        let x = 20 + 20 * index;
        writeln!(out, "<circle cx=\"{x}\" cy=\"17\" r=\"6\" fill=\"{colour}\"/>").unwrap();
    }
    for row in 0..ROWS {
        for run in runs(screen, row) {
            run.write(&mut out, row);
        }
    }
    out + "</svg>\n"
}

/// Cells side by side that look the same.
struct Run {
    column: u16,
    columns: u16,
    text: String,
    look: Look,
}

#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    paper: Option<String>,
    bold: bool,
    faint: bool,
}

fn runs(screen: &Screen, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..COLUMNS {
        let cell = screen.cell(row, column).unwrap();
        if cell.is_wide_continuation() {
            continue;
        }
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let columns = if cell.is_wide() { 2 } else { 1 };
        let look = Look::of(cell);
        match runs.last_mut() {
            Some(run) if run.look == look => {
                run.columns += columns;
                run.text.push_str(text);
            }
            _ => runs.push(Run { column, columns, text: text.to_owned(), look }),
        }
    }
    runs
}

impl Look {
    fn of(cell: &Cell) -> Look {
        let ink = colour(cell.fgcolor()).unwrap_or_else(|| FOREGROUND.to_owned());
        let paper = colour(cell.bgcolor());
        let (ink, paper) = if cell.inverse() {
            (paper.unwrap_or_else(|| BACKGROUND.to_owned()), Some(ink))
        } else {
            (ink, paper)
        };
        Look { ink, paper, bold: cell.bold(), faint: cell.dim() }
    }
}

impl Run {
    fn write(&self, out: &mut String, row: u16) {
        let (x, width) = (MARGIN + f64::from(self.column) * CELL.0, f64::from(self.columns) * CELL.0);
        let y = TITLE_BAR + MARGIN + f64::from(row) * CELL.1;
        if let Some(paper) = &self.look.paper {
            let height = CELL.1;
            writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{paper}\"/>")
                .unwrap();
        }
        for (start, word) in words(&self.text) {
            let x = x + start as f64 * CELL.0;
            if let Some(path) = frame(word, (x, y)) {
                writeln!(out, "<path d=\"{path}\" stroke=\"{}\" fill=\"none\"/>", self.look.ink).unwrap();
                continue;
            }
            let weight = if self.look.bold { " font-weight=\"bold\"" } else { "" };
            let faint = if self.look.faint { " opacity=\"0.65\"" } else { "" };
            let (y, length) = (y + 13.5, meshwarden::text::width(word) as f64 * CELL.0);
            let (ink, word) = (&self.look.ink, escape(word));
            writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" fill=\"{ink}\"{weight}{faint}>{word}</text>"
            )
            .unwrap();
        }
    }
}

/// Words with the column where each begins, each placed by itself so that no viewer's font moves the next one;
/// characters that draw frames stand alone.
fn words(text: &str) -> Vec<(usize, &str)> {
    let (mut words, mut column, mut begun) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        let alone = c == ' ' || FRAME.contains(c);
        if alone && let Some((start, from)) = begun.take() {
            words.push((start, &text[from..at]));
        }
        if alone && c != ' ' {
            words.push((column, &text[at..at + c.len_utf8()]));
        } else if !alone {
            begun = begun.or(Some((column, at)));
        }
        column += meshwarden::text::width(&text[at..at + c.len_utf8()]);
    }
    words.extend(begun.map(|(start, from)| (start, &text[from..])));
    words
}

const FRAME: &str = "│─┌┐└┘";

/// The lines of a character that draws a frame, so that they meet whatever the font.
fn frame(word: &str, (x, y): (f64, f64)) -> Option<String> {
    let (middle, centre) = (x + CELL.0 / 2.0, y + CELL.1 / 2.0);
    let (right, bottom) = (x + CELL.0, y + CELL.1);
    Some(match word {
        "│" => format!("M{middle:.1} {y:.1}V{bottom:.1}"),
        "─" => format!("M{x:.1} {centre:.1}H{right:.1}"),
        "┌" => format!("M{middle:.1} {bottom:.1}V{centre:.1}H{right:.1}"),
        "┐" => format!("M{middle:.1} {bottom:.1}V{centre:.1}H{x:.1}"),
        "└" => format!("M{middle:.1} {y:.1}V{centre:.1}H{right:.1}"),
        "┘" => format!("M{middle:.1} {y:.1}V{centre:.1}H{x:.1}"),
        _ => return None,
    })
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        // The cube and the greys of the 256 are the same on every terminal.
        Color::Idx(index @ 232..) => {
            let grey = 8 + 10 * (index - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
        Color::Idx(index @ 16..) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let place = index - 16;
            let [red, green, blue] = [place / 36, place / 6 % 6, place % 6].map(level);
            Some(format!("#{red:02x}{green:02x}{blue:02x}"))
        }
        Color::Idx(index) => PALETTE.get(usize::from(index)).map(|colour| (*colour).to_owned()),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
