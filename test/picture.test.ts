import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// @ts-expect-error: a script without types
import { draw, PICTURE, record } from '../.ci/picture.mjs'

/** How long a run took differs each time. */
const withoutTimes = (text: string) => text.replace(/\(\d+(?:\.\d+)? m?s\)/g, '(…)')

test('the terminal picture of the README shows what the commands of the README print', () => {
  const text = record()
  expect(text).toContain('{"gift":"sticker","count":1}')
  const drawn = withoutTimes(draw(text))
  expect(drawn, 'npm run picture draws it again').toBe(withoutTimes(readFileSync(PICTURE, 'utf8')))
})

test('a picture shows each color and hides no character of the text', () => {
  const svg = draw('\x1b[31m<✗>\x1b[39m a & b \x1b[1m\x1b[36mbold\x1b[39m\x1b[22m \x1b[2mdim\x1b[22m')
  expect(svg).toContain(
    'style="fill:#ff7b72">&lt;✗&gt;</tspan> a &amp; b <tspan class="bold" style="fill:#76e3ea">bold',
  )
  expect(svg).toContain('<tspan class="dim">dim</tspan>')
})
