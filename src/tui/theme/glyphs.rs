//! Stand-ins from ASCII for every glyph that the console itself draws.

use ratatui::buffer::Buffer;

/// Puts the stand-ins into the cells of a frame.
///
/// A name from outside keeps its letters, except those few that are such glyphs; its DID beside it tells.
pub(super) fn in_ascii(buffer: &mut Buffer) {
    let width = usize::from(buffer.area.width).max(1);
    for row in buffer.content.chunks_mut(width) {
        for at in 0..row.len() {
            let Some(symbol) = row.get(at).map(|cell| cell.symbol().to_owned()) else { continue };
            if symbol.is_ascii() {
                continue;
            }
            let after_blank =
                at.checked_sub(1).and_then(|at| row.get(at)).is_some_and(|cell| cell.symbol() == " ");
            let room =
                row.get(at + 1..at + 3).is_some_and(|next| next.iter().all(|cell| cell.symbol() == " "));
            if symbol == "…" && after_blank && room {
                for cell in row.iter_mut().skip(at).take(3) {
                    cell.set_char('.');
                }
            } else if let (Some(glyph), Some(cell)) = (stand_in(&symbol), row.get_mut(at)) {
                cell.set_char(glyph);
            }
        }
    }
}

fn stand_in(symbol: &str) -> Option<char> {
    Some(match symbol {
        "─" | "━" | "═" | "╌" | "┄" => '-',
        "│" | "┃" | "║" | "▏" | "▎" | "▍" => '|',
        "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "╭" | "╮" | "╰" | "╯" => {
            '+'
        }
        "█" | "▉" | "▊" | "▋" | "▌" | "▐" | "▓" | "▒" | "▇" => '#',
        "░" => ':',
        "▁" => '_',
        "▂" => '.',
        "▃" => '-',
        "▄" => '=',
        "▅" => '+',
        "▆" => '*',
        "▸" | "►" | "▶" | "→" | "›" | "»" | "⇒" | "❯" => '>',
        "◂" | "◄" | "◀" | "←" | "‹" | "«" => '<',
        "▾" | "▼" | "↓" => 'v',
        "▴" | "▲" | "↑" => '^',
        "·" | "•" | "∙" => '.',
        "✓" | "✔" => '+',
        "✗" | "✘" | "×" => 'x',
        "…" => '~',
        "●" | "◆" | "■" => '*',
        "○" | "◇" | "□" => 'o',
        "–" | "—" | "−" => '-',
        "≥" => '>',
        "≤" => '<',
        "±" => '~',
        "Δ" => 'd',
        "°" => 'o',
        _ => return None,
    })
}
