import { once } from "node:events";
import { eventually } from "./eventually.ts";

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A client of the Chrome DevTools Protocol, https://chromedevtools.github.io/devtools-protocol/v8/Debugger/ */
export class InspectorClient {
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) =>
      this.#messages.push(JSON.parse(String(data)) as Message),
    );
  }

  /** Attaches to the first target of a port. */
  static async attach(port: number): Promise<InspectorClient> {
    const listed = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await listed.json()) as [{ webSocketDebuggerUrl: string }];
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await once(socket, "open");
    return new InspectorClient(socket);
  }

  async detach(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  async request(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#sent;
    this.#socket.send(JSON.stringify({ id, method, params }));
    const answer = await eventually(() => this.#messages.find((each) => each.id === id), { what: method });
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result ?? {};
  }

  async event(name: string, holds: (params: Record<string, unknown>) => boolean = () => true) {
    const found = await eventually(
      () => this.#messages.find(({ method, params }) => method === name && holds(params ?? {})),
      { what: name },
    );
    return found.params ?? {};
  }
}
