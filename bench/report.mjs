const HEAD = ['id', 'against', 'ours', 'peer', 'ratio (min–max)', 'goal', 'met']
const ALL_EVENTS = 1_000_000

/** Lays out what `measureRow` gave as lines of cells, under the columns of `HEAD`. */
export function linesOf(row, results) {
  return results.map(({ comparison, ours, peer, ratio, peerEvents }) => [
    row.id,
    comparison.what + shortened(comparison.peer, peerEvents),
    amount(ours.median, row.unit),
    amount(peer.median, row.unit),
    `${figure(ratio.median)} (${figure(ratio.min)}–${figure(ratio.max)})`,
    goalText(comparison.goal, row.unit),
    verdict(comparison.goal, ratio.median, ours.median),
  ])
}

/** The table for a terminal: columns as wide as they need to be. */
export function terminalTable(lines) {
  const all = [HEAD, ...lines]
  // A rule is three dashes at least.
  const widths = HEAD.map((_, column) => Math.max(3, ...all.map((line) => line[column].length)))
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The table for docs/contributing/benchmarks.md. */
export function markdownTable(lines) {
  const all = [HEAD, ...lines]
  // A rule is three dashes at least.
  const widths = HEAD.map((_, column) => Math.max(3, ...all.map((line) => line[column].length)))
  const row = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [row(HEAD), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row)].join('\n')
}

/** Reads the lines of such a table. */
export function readTable(text) {
  const cellsOf = (line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim())
  return text.split('\n').slice(2).map(cellsOf)
}

/** Lines with others in the place of those of the same rows; rows that were not there come last. */
export function linesWith(lines, others) {
  const ids = new Set(others.map(([id]) => id))
  const known = new Set(lines.map(([id]) => id))
  const placed = new Set()
  const taken = lines.flatMap((line) => {
    const [id] = line
    if (!ids.has(id)) return [line]
    if (placed.has(id)) return []
    placed.add(id)
    return others.filter(([other]) => other === id)
  })
  return [...taken, ...others.filter(([id]) => !known.has(id))]
}

function shortened(job, events) {
  const cut = job.kind === 'throughput' && events < ALL_EVENTS
  return cut ? ` (${Math.round(events / 1000)}k events: 3 s of its time)` : ''
}

function amount(value, unit) {
  const [number, name] = unit === 'ms' ? [value / 1e6, 'ms'] : [value, unit]
  return `${number >= 100 ? Math.round(number).toLocaleString('en') : number.toFixed(1)} ${name}`
}

function figure(ratio) {
  if (ratio < 0.1) return `1/${(1 / ratio).toFixed(0)}`
  return ratio >= 20 ? ratio.toFixed(0) : ratio.toFixed(2)
}

function goalText(goal = {}, unit) {
  if (goal.atLeast !== undefined) return `≥ ${goal.atLeast}`
  if (goal.atMost !== undefined) return `≤ ${goal.atMost < 0.1 ? `1/${Math.round(1 / goal.atMost)}` : goal.atMost}`
  if (goal.oursAtMost !== undefined) return `ours ≤ ${goal.oursAtMost} ${unit}`
  return ''
}

function verdict(goal = {}, ratio, ours) {
  if (goal.atLeast !== undefined) return ratio >= goal.atLeast ? 'yes' : 'no'
  if (goal.atMost !== undefined) return ratio <= goal.atMost ? 'yes' : 'no'
  if (goal.oursAtMost !== undefined) return ours <= goal.oursAtMost ? 'yes' : 'no'
  return ''
}
