import { oneOf, type Rule, type Rules, wholeNumber } from '../topology/rules.ts'
import { FORMATS } from './content.ts'

/** The rule of `format`, which every source of messages has. */
export const FORMAT_RULE: Rule = oneOf(FORMATS)

/** Settings of sources that read lines. */
export const LINE_RULES: Rules = { format: FORMAT_RULE, maxBytes: wholeNumber(1, 64 * 1024 * 1024) }

/** The most bytes of a line. */
export const MOST_LINE_BYTES = 1024 * 1024
