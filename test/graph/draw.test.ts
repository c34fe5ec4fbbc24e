import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DRAWINGS } from '../../src/graph/draw.ts'
import type { Graph } from '../../src/graph/graph.ts'
import { topicLabel } from '../../src/graph/label.ts'
import { buildGraph } from '../../src/project/parse.ts'

type Edge = readonly [from: string, to: string, ...topics: string[]]

function graphOf(names: string, edges: readonly Edge[]): Graph {
  const processors = names
    .split(' ')
    .map((name) => ({ name, namedByIndex: false, source: { kind: 'module', path: `./${name}` } }) as const)
  const streams = edges.map(([from, to, ...topics]) => (topics.length > 0 ? { from, to, topics } : { from, to }))
  return buildGraph({ name: 'orders', processors, streams }, { stage: 'dev' })
}

const topic = fc.oneof(
  fc.constantFrom('"', '\\', '\n', '|', ']', '#34;', '&quot;', '\u202e', '\ud800', '->', '--', '%%'),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.array(fc.nat(0xffff), { minLength: 1 }).map((units) => String.fromCharCode(...units)),
)

describe('a drawing in text', () => {
  it('goes down a chain and branches with the streams', () => {
    const edges: Edge[] = [
      ['spout', 'reverse', 'text'],
      ['reverse', 'count', 'short', 'long'],
      ['reverse', 'log'],
      ['count', 'log'],
    ]
    expect(DRAWINGS.text(graphOf('spout reverse count log', edges))).toMatchInlineSnapshot(`
      "orders (dev): 4 processors, 4 streams

      spout
      ↓ text
      reverse
      ├─ long, short → count
      │  ↓
      │  log
      └─ → log
      "
    `)
  })

  it('draws any number of processors in a chain, and branches inside branches', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `p${index}`)
    const chain = names.slice(1).map((name, index): Edge => [names[index]!, name])
    expect(DRAWINGS.text(graphOf(names.join(' '), chain)).split('\n')).toHaveLength(2 * names.length + 2)
    const skips = names.slice(2).map((name, index): Edge => [names[index]!, name, 'skip'])
    const ladder = DRAWINGS.text(graphOf(names.join(' '), [...chain.slice(0, 50), ...skips.slice(0, 50)]))
    expect(ladder).toContain('→ p13 …\n')
    expect(ladder).toContain('\n\np14\n├─ → p15\n')
    expect(ladder).toContain('… drawn below\n')
  })

  it('marks cycles, self-loops, what is drawn above, and processors without streams', () => {
    const edges: Edge[] = [
      ['a', 'b'],
      ['a', 'c', 'x'],
      ['b', 'a', 'again'],
      ['c', 'b'],
      ['loop', 'loop', 'tick'],
      ['c', 'd'],
    ]
    expect(DRAWINGS.text(graphOf('a b c d loop alone', edges))).toMatchInlineSnapshot(`
      "orders (dev): 6 processors, 6 streams

      loop
      └─ tick → loop ↺

      a
      ├─ → b
      │  └─ again → a ↺
      └─ x → c
         ├─ → b ↑
         └─ → d

      alone (no streams)

      ↺ back to a processor on this path
      ↑ drawn above, with its streams
      "
    `)
  })

  it('lists processors without streams', () => {
    expect(DRAWINGS.text(graphOf('a b', []))).toMatchInlineSnapshot(`
      "orders (dev): 2 processors, 0 streams

      a
      b
      "
    `)
  })

  it('does not drift to the right along 40 processors', () => {
    const names = Array.from({ length: 40 }, (_, index) => `p${index}`)
    const chain = names.slice(1).map((name, index) => [names[index]!, name, 'topic'] as const)
    const lines = DRAWINGS.text(graphOf(names.join(' '), chain)).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(50)
  })

  it('names each processor, draws each stream once, and keeps its lines whatever the topic', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    const edges = fc.uniqueArray(fc.tuple(name, name), { selector: (ends) => ends.join() })
    fc.assert(
      fc.property(edges, topic, (ends, end) => {
        const text = `topic ${end}`
        const lines = DRAWINGS.text(
          graphOf(
            'a b c d e',
            ends.map(([from, to]) => [from, to, text]),
          ),
        ).split('\n')
        for (const one of 'abcde') expect(lines.some((line) => line.split(/[ →]+/).includes(one))).toBe(true)
        const drawn = lines.filter((line) => line.includes(topicLabel(text)) && /[↓→]/.test(line))
        expect(drawn).toHaveLength(ends.length)
      }),
    )
  })
})

describe('a drawing for a tool', () => {
  const graph = graphOf('end log', [
    ['end', 'log', 'say "hi"', 'b&b'],
    ['log', 'end'],
  ])

  it('is Mermaid', () => {
    expect(DRAWINGS.mermaid(graph)).toMatchInlineSnapshot(`
      "flowchart LR
        p0["end"]
        p1["log"]
        p0 -->|"b#38;b, #34;say #92;#34;hi#92;#34;#34;"| p1
        p1 --> p0
      "
    `)
  })

  it('is Graphviz', () => {
    expect(DRAWINGS.dot(graph)).toMatchInlineSnapshot(`
      "digraph "orders" {
        rankdir=LR
        node [shape=box, style=rounded]
        "end"
        "log"
        "end" -> "log" [label="b&amp;b, \\"say \\\\\\"hi\\\\\\"\\""]
        "log" -> "end"
      }
      "
    `)
  })

  it('is JSON: the graph itself', () => {
    const { carriers: _, ...rest } = graph
    expect(JSON.parse(DRAWINGS.json(graph))).toEqual(rest)
  })

  it('keeps any topic in Mermaid', () => {
    fc.assert(
      fc.property(topic, (text) => {
        const line = DRAWINGS.mermaid(graphOf('a b', [['a', 'b', text]])).split('\n')[3]!
        const [, label] = line.match(/^ {2}p0 -->\|"([^"|\n]*)"\| p1$/u)!
        expect(label!.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))).toBe(topicLabel(text))
      }),
    )
  })

  it('keeps any topic in Graphviz', () => {
    fc.assert(
      fc.property(topic, (text) => {
        const line = DRAWINGS.dot(graphOf('a b', [['a', 'b', text]])).split('\n')[5]!
        const [, label] = line.match(/^ {2}"a" -> "b" \[label="((?:[^"\\\n]|\\.)*)"\]$/u)!
        expect(label!.replaceAll('&amp;', '&').replace(/\\(.)/gu, '$1')).toBe(topicLabel(text))
      }),
    )
  })
})

describe('topicLabel', () => {
  it('prints plain topics as they are and quotes others, without invisible characters', () => {
    expect(['text', 'reversed strings', 'größe', '🎉', 'a/b.c'].map(topicLabel)).toEqual([
      'text',
      'reversed strings',
      'größe',
      '🎉',
      'a/b.c',
    ])
    expect([' x', 'a, b', 'a\nb', '\u202eabc', '\u009b1m', '\ud800'].map(topicLabel)).toEqual([
      '" x"',
      '"a, b"',
      '"a\\nb"',
      '"\\u202eabc"',
      '"\\u009b1m"',
      '"\\ud800"',
    ])
  })
})
