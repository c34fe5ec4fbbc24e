/** Returns an address without its user and password, for people: `redis://localhost:6379/0`. Anything else is not shown. */
export function withoutPassword(address: string): string {
  try {
    const url = new URL(address)
    url.username = ''
    url.password = ''
    url.search = ''
    return url.href.replace(/\/$/, '')
  } catch {
    return '(an address that cannot be read)'
  }
}
