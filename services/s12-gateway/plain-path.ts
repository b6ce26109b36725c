/** One way of writing each path, so that whatever is decided by it cannot be asked for under another spelling. */

/**
 * Letters, digits and `-._~` as they are, however they came: the two spellings are the same path (RFC 3986, section
 * 6.2.2.2), and routes are found by this one. Everything else stays encoded.
 */
export const plainPath = (pathname: string): string =>
  pathname.replace(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /^[A-Za-z0-9._~-]$/.test(character) ? character : encoded.toUpperCase();
  });
