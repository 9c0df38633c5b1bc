import { BlockList, isIP, SocketAddress } from 'node:net';

type Family = 'ipv4' | 'ipv6';

interface Network {
  address: string;
  family: Family;
  /** Leading bits that count. */
  prefix: number;
}

const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };
/** Bits in front of an IPv4 address that is written as IPv6. */
const MAPPED = 96;

/** Whether a caller's address is one of those listed. */
export class AllowedAddresses {
  // One for each family: an IPv4 address is in no IPv6 network, not even in ::/0.
  private readonly networks = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** @param entries what is no address or network allows nothing */
  constructor(entries: readonly string[]) {
    for (const network of entries.map(networkIn)) {
      if (network === undefined) continue;
      this.networks[network.family].addSubnet(network.address, network.prefix, network.family);
    }
  }

  has(address: string | undefined): boolean {
    const caller = networkIn(address?.split('%')[0] ?? '');
    return caller !== undefined && this.networks[caller.family].check(caller.address, caller.family);
  }
}

/** @returns whether it is an IPv4 or IPv6 address, alone or with a prefix length (CIDR) */
export function isAddressOrNetwork(text: unknown): boolean {
  return typeof text === 'string' && networkIn(text) !== undefined;
}

/** A single address is a network of its own. */
function networkIn(text: string): Network | undefined {
  const [written = '', bits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text)?.slice(1) ?? [];
  const writtenAs = familyOf(written);
  if (writtenAs === undefined) return undefined;
  const prefix = bits === undefined ? BITS[writtenAs] : Number(bits);
  if (prefix > BITS[writtenAs]) return undefined;
  const mapped = writtenAs === 'ipv6' && prefix >= MAPPED ? mappedIn(written) : undefined;
  if (mapped !== undefined) return { address: mapped, family: 'ipv4', prefix: prefix - MAPPED };
  return { address: written, family: writtenAs, prefix };
}

function familyOf(text: string): Family | undefined {
  const version = isIP(text);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/** The IPv4 address in an IPv6 one like ::ffff:10.0.0.1, however that is written. */
function mappedIn(address: string): string | undefined {
  const usual = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(usual)?.[1];
}
