//! Contrast as WCAG 2.2 computes it, and colours as colour-blind eyes see them.

use ratatui::style::{Color, Modifier, Style};

use super::*;

type Rgb = [f64; 3];

/// The sixteen, as the VGA text mode paints them, and as xterm does.
const VGA: [[u8; 3]; 16] = [
    [0, 0, 0],
    [170, 0, 0],
    [0, 170, 0],
    [170, 85, 0],
    [0, 0, 170],
    [170, 0, 170],
    [0, 170, 170],
    [170, 170, 170],
    [85, 85, 85],
    [255, 85, 85],
    [85, 255, 85],
    [255, 255, 85],
    [85, 85, 255],
    [255, 85, 255],
    [85, 255, 255],
    [255, 255, 255],
];
const XTERM: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// What a colour of the 256 is on a terminal that paints the first sixteen like `sixteen`.
fn rgb(colour: Color, sixteen: &[[u8; 3]; 16]) -> Rgb {
    let Color::Indexed(index) = colour else { panic!("{colour:?} is left to the terminal") };
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    let bytes = match index {
        0..16 => sixteen[usize::from(index)],
        16..232 => {
            let index = index - 16;
            [level(index / 36), level(index / 6 % 6), level(index % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    };
    bytes.map(|byte| f64::from(byte) / 255.0)
}

fn linear(rgb: Rgb) -> Rgb {
    rgb.map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) })
}

fn luminance(rgb: Rgb) -> f64 {
    let [red, green, blue] = linear(rgb);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// From 1, the same, to 21, black on white.
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The worst contrast that a cell of these colours can have, however the terminal paints the sixteen and bold letters.
pub(in crate::tui) fn worst_contrast(fg: Color, bg: Color, modifier: Modifier) -> f64 {
    let lighter = |colour| match colour {
        Color::Indexed(index @ 0..8) => Color::Indexed(index + 8),
        other => other,
    };
    let mut painted = vec![fg];
    if modifier.contains(Modifier::BOLD) {
        painted.push(lighter(fg));
    }
    let pairs = painted.iter().flat_map(|fg| [VGA, XTERM].map(|sixteen| (*fg, sixteen)));
    pairs.map(|(fg, sixteen)| contrast(rgb(fg, &sixteen), rgb(bg, &sixteen))).fold(f64::INFINITY, f64::min)
}

fn themes() -> impl Iterator<Item = Theme> {
    let named = [ThemeName::Dark, ThemeName::Light, ThemeName::HighContrast];
    named
        .into_iter()
        .flat_map(|name| [Depth::Many, Depth::Sixteen].map(|depth| Theme::new(name, false).on(depth)))
}

/// Every style of a theme.
fn styles(theme: Theme) -> Vec<(String, Style)> {
    let mut styles = vec![
        ("text", theme.text()),
        ("dim", theme.dim()),
        ("title", theme.title()),
        ("heading", theme.heading()),
        ("danger", theme.danger()),
        ("warning", theme.warning()),
        ("good", theme.good()),
        ("selected", theme.selected()),
        ("border", theme.border()),
    ]
    .into_iter()
    .map(|(name, style)| (name.to_owned(), style))
    .collect::<Vec<_>>();
    styles.extend(STATES.map(|state| (format!("{state:?}"), theme.state(state))));
    styles.extend(Tier::ALL.map(|tier| (format!("{tier:?}"), theme.tier(Some(tier)))));
    for colour in ["red", "yellow", "green", "blue", "magenta", "cyan"] {
        let badge = Badge::new("prod", ContextColour::parse(colour).unwrap());
        let theme = theme.in_context(badge);
        styles.push((format!("context {colour}"), theme.context()));
        styles.push((format!("border {colour}"), theme.border()));
    }
    styles
}

const STATES: [State; 5] = [State::Active, State::CutOff, State::Suspended, State::Expired, State::Revoked];

#[test]
fn every_style_of_every_theme_is_readable_on_its_ground() {
    for theme in themes() {
        let palette = theme.name.palette().unwrap();
        let ground = palette.ground.colour(theme.depth);
        for (name, style) in styles(theme) {
            let fg = style.fg.unwrap_or(palette.text.colour(theme.depth));
            let found = worst_contrast(fg, ground, style.add_modifier);
            // Reversed, the pair is the same.
            assert!(found >= 4.5, "{:?} {:?} {name}: {found:.2}", theme.name, theme.depth);
            if (theme.name, theme.depth) == (ThemeName::HighContrast, Depth::Many) {
                assert!(found >= 7.0, "{name}: {found:.2}");
            }
        }
    }
}

/// As eyes without one kind of cone see it (Machado, Oliveira and Fernandes 2009, severity 1).
fn seen_without(cone: &[[f64; 3]; 3], rgb: Rgb) -> Rgb {
    let light = linear(rgb);
    let mixed =
        cone.map(|row| row.iter().zip(light).map(|(part, of)| part * of).sum::<f64>().clamp(0.0, 1.0));
    mixed.map(|part| if part <= 0.003_130_8 { part * 12.92 } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 })
}

const PROTAN: [[f64; 3]; 3] =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTAN: [[f64; 3]; 3] =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];

/// The distance of two colours in CIE L*a*b* (CIE 1976).
fn distance(one: Rgb, other: Rgb) -> f64 {
    let lab = |rgb: Rgb| {
        let [r, g, b] = linear(rgb);
        let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
        let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    };
    lab(one).iter().zip(lab(other)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn high_contrast_tells_states_apart_also_to_eyes_that_do_not_know_red_from_green() {
    let theme = Theme::new(ThemeName::HighContrast, false);
    for cone in [&PROTAN, &DEUTAN] {
        for (index, one) in STATES.iter().enumerate() {
            for other in STATES.iter().skip(index + 1) {
                let seen = |state| seen_without(cone, rgb(theme.state(state).fg.unwrap(), &VGA));
                let found = distance(seen(*one), seen(*other));
                assert!(found >= 20.0, "{one:?} and {other:?}: {found:.1}");
            }
        }
    }
}
