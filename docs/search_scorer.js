// What a search shows first: what partners read, and last what is told of the tests.
var Scorer = {
  score: ([page, , , , score, , kind]) => {
    if (page.startsWith("guides/")) return score + 12;
    if (page.startsWith("problems/") || page.startsWith("events/")) return score + (page.endsWith("/index") ? 0 : 4);
    const ofTests = page.startsWith("requirements/") || page === "faulty-servers";
    return ofTests ? score + (kind === "title" ? 6 : -12) : score; // AUTH-02 is found by its name
  },
  // The rest is as Sphinx has it.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
