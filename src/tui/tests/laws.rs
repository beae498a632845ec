//! Whatever is pressed, at whatever size, on whatever a stranger wrote.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::*;
use crate::change::{Frozen, Request, Verb};
use crate::identity::Did;
use crate::registry::{Registry, Row, Scope, Standing};
use crate::text::{is_hostile, short_id};

/// Something that happens to a console.
#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode, KeyModifiers),
    Keys(&'static str),
    /// The phrase that the dialog on top wants.
    Phrase,
    Paste(&'static str),
    Resize(u16, u16),
    Tick,
    /// Somebody else suspends an agent, or wakes it.
    Elsewhere(usize, bool),
    /// Somebody else takes a file with other agents.
    Replaced(u32),
    /// From here on, events come in a burst, or each has its frame again.
    Burst(bool),
}

const EVIL: [&str; 6] = [
    "evil\u{202e}txt.exe",
    "zero\u{200b}\u{200d}\u{feff}width",
    "esc\u{1b}]0;pwned\u{7}\u{9b}2J\r\n\t",
    "tag\u{e0041}\u{2800}\u{115f}",
    "za\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}lgo 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{2028}",
];

fn hostile(agents: u32) -> Vec<Identity<'static>> {
    let mut mesh = mesh(agents);
    for (index, agent) in mesh.iter_mut().enumerate() {
        let evil = |shift: usize| EVIL[(index + shift) % EVIL.len()];
        agent.name = Cow::Owned(format!("{} {index}", evil(0)));
        agent.description = Some(evil(1).into());
        agent.organization = Some(evil(2).into());
        agent.sponsor_email = Cow::Owned(format!("{}@{}", evil(3), evil(4)));
        agent.capabilities.push(Cow::Owned(format!("read:{}", evil(5))));
        agent.revocation_reason = agent.revocation_reason.is_some().then(|| evil(3).into());
    }
    mesh
}

fn happening() -> impl Strategy<Value = Happening> {
    let letters = prop::sample::select(
        "1234567890jkhlgGsDarctoOyYnqBKSuwvfpdC?:/LR[]{}-+AXTUVPWem= \u{202e}漢".chars().collect::<Vec<_>>(),
    );
    let others = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Backspace,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::F(1),
        KeyCode::Null,
    ]);
    let plain = |code| Happening::Key(code, KeyModifiers::NONE);
    let walks = [
        "2s1y",
        "3 D1y",
        "2  vs1y",
        "*Da1y",
        "4Dcr!\r y",
        "aoy",
        "2/e\r",
        "3/a\r",
        "3tGL",
        "6\t\t\t",
        "s1ycy",
        ":sus\r",
        "5G\r",
        "5t",
        "Coodd\ry",
        "C\r",
        "7wr\rno\ry",
        "8s1y",
        "8jr1y",
        "D1By",
        "Cj\r",
        "Cjnnote\ry",
        "2K1y",
        "2S4y",
        "9u1y",
        "2s1y[[",
        "{]",
        "bhhkl\r",
        "bgl\r]",
        "cread:data\rj\r",
        "2jc*\rl*s1y",
        "2fs1yf",
        "6f\t\t\tf",
        "[=j",
        "m[[=",
        "2n \r1y",
        "3+read:x\r1y",
        "2Tpci\ry",
        "2U \ry",
        "2V1yPa@b.c\rc1y",
        "2Wa@b.c\r1y",
        "3se \r1y",
        "2X/nowhere\r",
        "3Aaa\r1y",
        "Y",
    ];
    prop_oneof![
        8 => letters.clone().prop_map(move |letter| plain(KeyCode::Char(letter))),
        4 => others.prop_map(plain),
        1 => letters.prop_map(|letter| Happening::Key(KeyCode::Char(letter), KeyModifiers::CONTROL)),
        6 => prop::sample::select(walks.to_vec()).prop_map(Happening::Keys),
        3 => Just(Happening::Phrase),
        1 => prop::sample::select(EVIL.to_vec()).prop_map(Happening::Paste),
        3 => size().prop_map(|(columns, rows)| Happening::Resize(columns, rows)),
        2 => Just(Happening::Tick),
        2 => (0_usize..40, any::<bool>()).prop_map(|(row, wakes)| Happening::Elsewhere(row, wakes)),
        1 => (1_u32..60).prop_map(Happening::Replaced),
        1 => any::<bool>().prop_map(Happening::Burst),
    ]
}

/// Any size, most of them those that people have and those that have no room.
fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![3 => (20_u16..100, 5_u16..30), 2 => (0_u16..30, 0_u16..12), 1 => (0_u16..=300, 0_u16..=100)]
}

fn happen(desk: &mut Desk, happening: &Happening) {
    let mut taken = None;
    match happening {
        Happening::Key(code, modifiers) => taken = Some(vec![KeyEvent::new(*code, *modifiers)]),
        Happening::Keys(text) => {
            let code = |letter| match letter {
                '\r' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                letter => KeyCode::Char(letter),
            };
            taken =
                Some(text.chars().map(|letter| KeyEvent::new(code(letter), KeyModifiers::NONE)).collect());
        }
        Happening::Phrase => {
            if let Some(Overlay::Confirm(dialog)) = desk.model.overlays.last() {
                let phrase = short_id(&dialog.did.to_string()).to_owned();
                let mut keys: Vec<_> = phrase
                    .chars()
                    .map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE))
                    .collect();
                keys.push(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
                taken = Some(keys);
            }
        }
        Happening::Paste(text) => desk.event(Event::Paste((*text).to_owned())),
        Happening::Resize(columns, rows) => desk.resize(*columns, *rows),
        Happening::Tick => desk.tick(),
        Happening::Elsewhere(row, wakes) => elsewhere(desk, *row, *wakes),
        Happening::Replaced(agents) => {
            let agents = hostile(*agents);
            import(desk.warden(), &agents, true);
        }
        Happening::Burst(burst) => {
            desk.draws = !burst;
            desk.draw();
        }
    }
    for key in taken.into_iter().flatten() {
        let before = standings(desk);
        let registry = desk.warden().registry().clone();
        let shown = desk.shown.clone();
        let asked = match desk.model.overlays.last() {
            Some(Overlay::Order(order)) => order
                .choices()
                .get(order.chosen)
                .and_then(|one| one.about.as_ref())
                .map(|one| one.did.clone()),
            _ => None,
        };
        desk.event(Event::Key(key));
        only_those_shown_changed(desk, (&before, &registry), shown.as_deref(), asked.as_ref());
    }
}

fn standings(desk: &mut Desk) -> Vec<(Row, Standing)> {
    let registry = desk.warden().registry();
    registry.rows().map(|row| (row, registry.standing(row))).collect()
}

/// A key changes nobody, or exactly the agents of the plan that was on the screen; what an agent loses or gains, those
/// below it may lose or gain.
fn only_those_shown_changed(
    desk: &mut Desk,
    (before, registry): (&[(Row, Standing)], &Registry),
    shown: Option<&Plan>,
    asked: Option<&Did>,
) {
    let after = standings(desk);
    let changed: Vec<Row> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .map(|(before, _)| before.0)
        .collect();
    if changed.is_empty() {
        return;
    }
    if let Some(did) = asked {
        let row = registry.find(did).unwrap();
        assert!(changed.contains(&row) && changed.iter().all(|one| is_below(registry, row, *one)));
        return;
    }
    let frozen = &shown.unwrap().frozen;
    let spared: Vec<Row> =
        frozen.spared.iter().map(|spare| registry.find(&spare.kept.root.did).unwrap()).collect();
    let mut targets: Vec<Row> = frozen.members.iter().map(|(row, _)| *row).collect();
    targets.sort_unstable();
    let of_spared = |row: &Row| spared.iter().any(|top| is_below(registry, *top, *row));
    let (adopted, fallen): (Vec<Row>, Vec<Row>) = changed.into_iter().partition(of_spared);
    assert_eq!((fallen, adopted.is_empty()), (targets, spared.is_empty()));
}

fn is_below(registry: &Registry, top: Row, row: Row) -> bool {
    registry.upwards(row).any(|above| above == top)
}

fn elsewhere(desk: &mut Desk, row: usize, wakes: bool) {
    let warden = desk.warden();
    let registry = warden.registry();
    let Some(row) = registry.rows().nth(row) else { return };
    let verb =
        if wakes { Verb::Reactivate { override_security: true } } else { Verb::Suspend { until: None } };
    let request = Request::of(verb, registry.agent(row).did(), Scope::One);
    if let Ok(frozen) = Frozen::of(registry, request, noon()) {
        let rows = registry.row_count();
        // Whoever is refused elsewhere changes nothing here either.
        drop(warden.commit(&frozen, rows, crate::warden::Word::of(EVIL[0], EVIL[1])));
    }
}

fn no_cell_is_hostile(desk: &Desk) {
    for cell in &desk.screen.backend().buffer().content {
        assert!(!cell.symbol().chars().any(is_hostile), "{:?}", cell.symbol());
    }
}

/// Few enough for every day; `PROPTEST_CASES` asks for more.
fn bounded() -> ProptestConfig {
    let usual = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { usual.cases } else { 64 };
    ProptestConfig { cases, failure_persistence: None, ..usual }
}

fn live_through(desk: &mut Desk, happenings: &[Happening]) {
    for happening in happenings {
        happen(desk, happening);
        no_cell_is_hostile(desk);
        if desk.model.leaving {
            desk.model.leaving = false;
        }
    }
    desk.draws = true;
    desk.resize(100, 30);
    no_cell_is_hostile(desk);
}

proptest! {
    #![proptest_config(bounded())]

    #[test]
    fn nothing_that_happens_panics_shows_a_hostile_character_or_changes_whom_nobody_saw(
        happenings in prop::collection::vec(happening(), 1..60),
        size in size(),
    ) {
        live_through(&mut Desk::new(&hostile(40), size), &happenings);
    }

    #[test]
    fn nor_does_it_where_people_hold_the_log(
        happenings in prop::collection::vec(happening(), 1..40),
        size in size(),
    ) {
        live_through(&mut super::held::desk_on(&hostile(40), size), &happenings);
    }
}

#[test]
fn a_screen_too_small_to_say_whom_it_is_about_confirms_nothing() {
    for (columns, rows) in [(20, 4), (1, 1), (24, 8), (30, 9)] {
        let mut desk = Desk::new(&mesh(60), (80, 24));
        desk.keys("3");
        desk.resize(columns, rows);
        desk.keys("s1y");
        let entries = |desk: &mut Desk| desk.warden().entries(0, 10).unwrap().len();
        assert_eq!(entries(&mut desk), 1, "{columns}x{rows}: only the import is in the log");
        desk.resize(80, 24);
        desk.keys("y");
        assert_eq!(entries(&mut desk), 2, "and with room it is done");
    }
}
