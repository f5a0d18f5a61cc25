// The merchant's colour, and the colour of text that can be read on it.

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Whether a value is `#rrggbb`, and so safe as a colour and nothing else. */
export function isColour(value) {
  return typeof value === "string" && /^#[0-9a-fA-F]{6}$/.test(value);
}

/** Black or white, whichever contrasts more (WCAG 2.2, relative luminance): at least 4.58 : 1. */
export function textOn(colour) {
  const light = luminance(colour);
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}

/** Whether an address can be an image of the merchant's: HTTPS, or HTTP on the developer's own machine. */
export function isImageAddress(value) {
  try {
    const url = new URL(value);
    return url.protocol === "https:" || (url.protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname));
  } catch {
    return false;
  }
}

/** Whether an address can be a link: HTTP or HTTPS, never `javascript:`. */
export function isLink(value) {
  try {
    return ["http:", "https:"].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}
