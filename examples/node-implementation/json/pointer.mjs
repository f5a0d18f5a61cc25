/**
 * The JSON Pointer (RFC 6901) of a member, given that of its object.
 *
 * @param {string} parent
 * @param {string} name
 */
export function below(parent, name) {
  return `${parent}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
