/** A time for people: `0 ms`, `250 ms`, `1.5 s`, `2 min 5 s`, `3 h 0 min`. */
export function drawDuration(ms: number): string {
  if (ms < 999.5) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** A count with its noun, and thousands apart: `1 event`, `12,345 events`. */
export function drawCount(count: number, noun: string, nouns = `${noun}s`): string {
  return `${drawNumber(count)} ${count === 1 ? noun : nouns}`
}

/** A whole number with thousands apart: `12,345`. The first `toLocaleString` costs a third of `node -e 0`. */
export function drawNumber(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
