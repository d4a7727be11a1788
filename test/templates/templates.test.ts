/* One file of tests, so that the app is synthesized once for all of them. */
import './access-checks.ts';
import './api-checks.ts';
import './compute-checks.ts';
import './event-checks.ts';
import './policy-checks.ts';
import './state-checks.ts';
import './workflow-checks.ts';
