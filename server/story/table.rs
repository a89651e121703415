//! Tables of cases for tests, a row a line.

/// Reads the rows of a table, each with its cells between `|`; other lines are headings. `\n`, `\r` and
/// `BOM` in a cell stand for what they name.
pub(crate) fn rows(table: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| {
        let text = cell.trim_matches(' ').replace("\\n", "\n");
        text.replace("\\r", "\r").replace("BOM", "\u{feff}")
    };
    let rows = table.lines().filter(|line| line.contains('|'));
    rows.map(|row| row.split('|').map(cell).collect()).collect()
}
