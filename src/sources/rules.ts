import * as z from 'zod/mini'
import { oneOf, type Rule, type Rules, wholeNumber } from '../topology/rules.ts'
import { FORMATS } from './content.ts'

/** The rule of `format`, which every source of messages has. */
export const FORMAT_RULE: Rule = oneOf(FORMATS)

/** Settings of sources that read lines. */
export const LINE_RULES: Rules = { format: FORMAT_RULE, maxBytes: wholeNumber(1, 64 * 1024 * 1024) }

/** The most bytes of a line. */
export const MOST_LINE_BYTES = 1024 * 1024

/** A setting that is a text, and not empty. */
export function textRule(must: string): Rule {
  return { schema: () => z.string().check(z.minLength(1)), must }
}

/** A setting that is one text or several. */
export function listOfTexts(what: string): Rule {
  const text = () => z.string().check(z.minLength(1))
  return { schema: () => z.union([text(), z.array(text()).check(z.minLength(1))]), must: `a name or a list of ${what}` }
}

/** A setting that is a URL of a scheme, a pattern, or names an environment variable. */
export function urlRule(scheme: string, must: string): Rule {
  return { schema: () => z.string().check(z.regex(new RegExp(`^(?:(?:${scheme})://|.*\\$\\{)`))), must }
}
