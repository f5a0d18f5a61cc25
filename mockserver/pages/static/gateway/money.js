// Amounts as payers read and write them.

/** `9.5` as `€9.50`, in English with the number format of the payer's country. */
export function formatMoney(amount, currency, country) {
  for (const locale of [`en-${country}`, "en"]) {
    try {
      return new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: 2 }).format(amount);
    } catch {
      // An unknown country or currency: the next locale, or the bare figures below.
    }
  }
  return `${amount} ${currency}`;
}

/** The number that a payer typed, with a point or a comma; null for what is no amount of at most two decimals. */
export function parseMoney(text) {
  const plain = text.trim().replace(",", ".");
  return /^[0-9]{1,7}(\.[0-9]{1,2})?$/.test(plain) ? Number(plain) : null;
}

/** `DE12**************3456` as `DE12 •••• 3456`. */
export function shortenIban(masked) {
  return masked.replace(/^(.{4}).*(.{4})$/, "$1 •••• $2");
}
