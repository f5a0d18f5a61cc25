// The requests of the three creations: closed objects, member by member as their schemas say.

import { closedObject, oneOf, openObject, text } from "../json/checks.mjs";
import { amount } from "./amount.mjs";
import { isBirthday } from "./date.mjs";
import { isPartnerUrl } from "./url.mjs";

/** @typedef {import("../json/checks.mjs").Check} Check */

const COUNTRIES = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`.trim().split(/\s+/);
const CURRENCIES = ["EUR", "GBP", "USD", "CHF", "PLN", "CZK", "DKK", "SEK", "NOK", "HUF", "RON"];

// `$` without the flag m is the very end in ECMAScript: no final line break slips through.
const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/;
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/** @param {RegExp} pattern */
const matches = (pattern) => (/** @type {string} */ value) => pattern.test(value);

const country = oneOf(COUNTRIES, "one of the 249 codes of ISO 3166-1 alpha-2, in upper case");
const url = text({ maximum: 2048, accepts: isPartnerUrl, form: "This must be an absolute https URL as RFC 3986 defines it." });
const userId = text({
  minimum: 1,
  maximum: 128,
  accepts: (value) => !CONTROL_CHARACTER.test(value),
  form: "This may hold no control characters.",
});
const userEmail = text({ maximum: 254, accepts: matches(EMAIL), form: "This must be an e-mail address in ASCII." });
const userKyc = closedObject({
  members: {
    fullName: text({ minimum: 1, maximum: 200 }),
    citizenshipCountryCode: country,
    residenceAddress: text({ minimum: 1, maximum: 500 }),
    dateOfBirth: text({ accepts: isBirthday, form: "This must be a day from 1900-01-01 to today, written YYYY-MM-DD." }),
    placeOfBirth: text({ minimum: 1, maximum: 200 }),
    gender: text({ minimum: 1, maximum: 40 }),
    mobilePhone: text({ accepts: matches(/^\+[1-9][0-9]{6,14}$/), form: "This must be + and 7 to 15 digits." }),
    personalIdentificationNumber: text({ minimum: 1, maximum: 200 }),
  },
});

/** @type {Record<string, Check>} */
const COMMON = {
  userCountryCode: country,
  currency: oneOf(CURRENCIES, "one of the eleven currencies, in upper case"),
  amount,
  idempotencyKey: text({
    minimum: 1,
    maximum: 255,
    accepts: matches(/^[!-~]+$/),
    form: "This must consist of visible ASCII characters.",
  }),
  websiteReference: text({ minimum: 1, maximum: 255 }),
  customFields: openObject({ names: text({ minimum: 1, maximum: 40 }), values: text({ maximum: 500 }), maximum: 20 }),
  blockchainDestinationType: oneOf(["Partner", "Customer"], "Partner or Customer"),
  blockchainDestinationAddress: text({
    accepts: matches(/^0x[0-9a-fA-F]{40}$/),
    form: "This must be 0x and 40 hexadecimal digits.",
  }),
};
const URLS = { successUrl: url, supportUrl: url, exitUrl: url, errorUrl: url };
const CUSTOMER = { userId, userEmail, userKyc };

/** @param {Record<string, Check>} members @param {string[]} required */
const request = (members, required) =>
  closedObject({ members, required, pairs: [["blockchainDestinationType", "blockchainDestinationAddress"]] });

const WHAT = ["userCountryCode", "currency"];
const WHO = ["userId", "userEmail"];

/** @typedef {{ path: RegExp, type: "hosted" | "embedded", management: "stablemint" | "partner", check: Check }} Creation */

/** @type {Creation[]} */
export const CREATIONS = [
  {
    path: /^\/session\/hosted$/,
    type: "hosted",
    management: "stablemint",
    check: request({ ...COMMON, ...URLS }, [...WHAT, "amount", ...Object.keys(URLS)]),
  },
  {
    path: /^\/session\/hosted\/partner-managed-customer$/,
    type: "hosted",
    management: "partner",
    check: request({ ...COMMON, ...URLS, ...CUSTOMER }, [...WHAT, "amount", ...Object.keys(URLS), ...WHO]),
  },
  {
    path: /^\/session\/embedded\/partner-managed-customer$/,
    type: "embedded",
    management: "partner",
    check: request({ ...COMMON, ...CUSTOMER }, [...WHAT, ...WHO]),
  },
];
