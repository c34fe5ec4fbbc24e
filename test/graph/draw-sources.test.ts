import { expect, test } from 'vitest'
import { DRAWINGS } from '../../src/graph/draw.ts'
import { graphOf } from '../contract/graph.ts'

const graph = graphOf({
  name: 'shop',
  processors: { intake: () => {}, bill: () => {} },
  streams: [['intake', 'bill', 'order']],
  sources: {
    orders: { type: 'http', to: 'intake', path: '/orders' },
    nightly: { type: 'schedule', to: 'bill', topic: 'night', rate: '1 day' },
  },
})

test('every drawing has the sources and where they lead', () => {
  expect(DRAWINGS.text(graph)).toBe(`shop (dev): 2 processors, 1 stream, 2 sources

orders (http) ⇢ intake
nightly (schedule) ⇢ night → bill

intake
↓ order
bill
`)
  expect(DRAWINGS.mermaid(graph)).toBe(`flowchart LR
  p0["intake"]
  p1["bill"]
  s0(["orders (http)"]) -.-> p0
  s1(["nightly (schedule)"]) -.->|"night"| p1
  p0 -->|"order"| p1
`)
  expect(DRAWINGS.dot(graph)).toBe(`digraph "shop" {
  rankdir=LR
  node [shape=box, style=rounded]
  "intake"
  "bill"
  "orders (http)" [shape=oval]
  "orders (http)" -> "intake" [style=dashed]
  "nightly (schedule)" [shape=oval]
  "nightly (schedule)" -> "bill" [style=dashed, label="night"]
  "intake" -> "bill" [label="order"]
}
`)
  expect(JSON.parse(DRAWINGS.json(graph)).sources).toHaveLength(2)
})
