/** A password of a URL, but no port before a path, and no variable of the environment. */
const PASSWORD = /([a-z][\w+.-]*:\/\/[^\s/?#:@"]*):(?!\d*(?:[/?#]|$)|\$\{\w+\}@)[^\s"]*@/gi

/** Returns a text without the passwords of URLs in it: `redis://me:***@host`. */
export function withoutPasswords(text: string): string {
  return text.replace(PASSWORD, '$1:***@')
}
