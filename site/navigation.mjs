/**
 * The pages in the margin, by heading, as they stand in docs/; a pair gives a page a shorter name. Findings and
 * decisions have indexes of their own.
 */
export const NAVIGATION = [
  [
    'Start',
    [
      ['README.md', 'Overview'],
      'quick-start.md',
      'guides/new-joiner.md',
      ['guide.md', 'What you see'],
      'guides/every-day.md',
      'guides/secrets.md',
      'guides/when-something-is-wrong.md',
      'guides/networks.md',
    ],
  ],
  [
    'For a team',
    [
      'guides/team-lead.md',
      'guides/report.md',
      'fleet.md',
      'guides/ci.md',
      'guides/security-review.md',
      'coming-from.md',
    ],
  ],
  ['Look up', ['reference.md', 'findings/README.md']],
  ['How it is made', ['security.md', 'architecture.md', 'performance.md', 'decisions/README.md']],
];
