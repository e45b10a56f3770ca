const DECLARATION = '{"columns":[{"name":"sensor","type":"string"},{"name":"value","type":"double"}]}';

/**
 * Lines to copy, with which the first row goes in. Where streams are not made by themselves, one is declared first. The token stands in them as the
 * variable that holds it.
 */
export function firstCurl(address: string, withToken: boolean, autoCreate: boolean): string {
  const curl = `curl${withToken ? ` -H "authorization: Bearer $RDX_TOKEN"` : ""}`,
    stream = `${address}/v1/streams/readings`;
  const declare = `${curl} -X PUT -H 'content-type: application/json' --data-binary '${DECLARATION}' ${stream}\n`;
  const send = `${curl} -H 'content-type: application/x-ndjson' --data-binary '{"sensor":"a","value":21.5}' ${stream}`;
  return autoCreate ? send : declare + send;
}
