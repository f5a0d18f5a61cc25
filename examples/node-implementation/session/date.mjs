const FULL_DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/**
 * Whether a day of the calendar, from 1900-01-01 to today in UTC and by real time (DATA-21).
 *
 * @param {string} text
 */
export function isBirthday(text) {
  if (!FULL_DATE.test(text) || text < "1900-01-01" || text > new Date().toISOString().slice(0, 10)) return false;
  const day = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text); // 30 February becomes 2 March
}
