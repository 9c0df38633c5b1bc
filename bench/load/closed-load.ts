import autocannon from 'autocannon';
import { chooserOf, type LoadResult, type Plan, type PlannedRequest } from './plan.ts';
import { Tally } from './tally.ts';

const TIMEOUT_SECONDS = 120;

/** So many clients at a time, each of which sends as soon as it has an answer: by autocannon. */
export async function closedLoad(plan: Plan, clients: number): Promise<LoadResult> {
  const choose = chooserOf(plan);
  const tally = new Tally();
  const settings: autocannon.Options = {
    url: plan.origin,
    connections: clients,
    duration: plan.seconds,
    sampleInt: 100, // it ends at the end of a sample
    timeout: TIMEOUT_SECONDS,
    requests: [{ setupRequest: (request) => setUp(request, choose()) }],
    setupClient: (client) => {
      tellBadAnswers(client, tally);
    },
  };
  await new Promise<void>((resolve, reject) => {
    const run = autocannon(settings, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
    run.on('response', (_client, _status, _bytes, milliseconds) => {
      tally.add(milliseconds);
    });
    run.on('reqError', (error: Error) => {
      tally.fail(`A request got no answer: ${error.message}`);
    });
  });
  return tally.result();
}

function setUp(request: autocannon.Request, { headers, ...chosen }: PlannedRequest): autocannon.Request {
  return { ...request, ...chosen, headers: { ...request.headers, ...headers } };
}

function tellBadAnswers(client: autocannon.Client, tally: Tally): void {
  let status = 0;
  client.on('headers', (head) => {
    status = (head as unknown as { statusCode: number }).statusCode; // the types say headers; it is the whole head
  });
  client.on('body', (body) => {
    if (status < 200 || status > 299) tally.fail(`An answer was ${String(status)}: ${body.toString()}`);
  });
}
