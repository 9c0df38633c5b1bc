import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import type { KeyPair } from '../../src/common/auth/key-pair.js';

/** Runs as root without a display, and without requests of the browser itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Elements that show the keys, and long ones that the picture does not need. */
const HIDDEN_ELEMENTS = [
  '.curl-command',
  '.dialog-ux',
  '.live-responses-table .response-col_description > div:not(:has(.highlight-code))',
  '.responses-inner > div > h4',
  '.responses-table:not(.live-responses-table)',
].join();

/** Swagger UI in Debian's Chromium. */
export class SwaggerPage {
  /** Console errors, including violations of the content security policy. */
  readonly errors: string[] = [];
  readonly requestedHosts = new Set<string>();

  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('requestfailed', (request) => this.errors.push(`failed: ${request.url()}`));
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:') this.requestedHosts.add(host);
    });
  }

  static async launch(): Promise<SwaggerPage> {
    const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
    const browser = await chromium.launch({ executablePath, args: FLAGS });
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(30_000);
    return new SwaggerPage(browser, page);
  }

  async visit(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async authorize(keys: KeyPair): Promise<void> {
    await this.openAuthorization();
    await this.fillIn('PUBLIC-API-KEY', keys.public_api_key);
    await this.fillIn('PRIVATE-SECRET-KEY', keys.private_secret_key);
    await this.closeAuthorization();
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  /** The headers for which Swagger UI has stored a value. */
  async authorizedHeaders(): Promise<string[]> {
    await this.openAuthorization();
    const held = this.page.locator('.dialog-ux form', { hasText: 'Authorized' });
    const headers = await held.locator('p', { hasText: 'Name:' }).locator('code').allInnerTexts();
    await this.closeAuthorization();
    return headers;
  }

  /** Executes the operation with its example. @returns the status of the response */
  async execute(operationId: string): Promise<string> {
    const operation = this.operation(operationId);
    await operation.locator('.opblock-summary').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    return operation.locator('.live-responses-table .response .response-col_status').innerText();
  }

  /** Saves a picture of the executed operation, without the keys. */
  async picture(operationId: string, file: string): Promise<void> {
    await this.page.addStyleTag({ content: `${HIDDEN_ELEMENTS} { display: none }` });
    await this.operation(operationId).screenshot({ path: file });
  }

  /** All visible text of the page. */
  visibleText(): Promise<string> {
    return this.page.locator('body').innerText();
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  private operation(operationId: string): Locator {
    return this.page.locator(`.opblock[id$="-${operationId}"]`);
  }

  private async openAuthorization(): Promise<void> {
    await this.page.locator('.auth-wrapper').getByRole('button', { name: 'Authorize' }).click();
  }

  private async fillIn(header: string, value: string): Promise<void> {
    const form = this.page.locator('.dialog-ux form', { hasText: header });
    await form.locator('input').fill(value);
    await form.getByRole('button', { name: 'Apply credentials' }).click();
  }

  private async closeAuthorization(): Promise<void> {
    await this.page.locator('.dialog-ux .close-modal').click();
  }
}
