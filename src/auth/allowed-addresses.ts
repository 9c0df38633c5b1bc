import { BlockList, isIP, SocketAddress } from 'node:net';

type Family = 'ipv4' | 'ipv6';

interface Network {
  address: string;
  family: Family;
  /** Length in bits. */
  prefix: number;
}

const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };
/** Bits of ::ffff:0:0/96, the prefix of IPv4-mapped IPv6 addresses (RFC 4291). */
const MAPPED_PREFIX = 96;

/** The IP addresses and networks from which an API key may be used. */
export class AllowedAddresses {
  // One per family, so that ::/0 does not contain IPv4 addresses.
  private readonly networks = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** @param entries invalid entries are ignored */
  constructor(entries: readonly string[]) {
    for (const network of entries.map(parseNetwork)) {
      if (network === undefined) continue;
      this.networks[network.family].addSubnet(network.address, network.prefix, network.family);
    }
  }

  has(address: string | undefined): boolean {
    const caller = parseNetwork(address?.split('%')[0] ?? '');
    return caller !== undefined && this.networks[caller.family].check(caller.address, caller.family);
  }
}

/** @returns whether it is an IPv4 or IPv6 address, alone or with a prefix length (CIDR) */
export function isAddressOrNetwork(text: unknown): boolean {
  return typeof text === 'string' && parseNetwork(text) !== undefined;
}

/** A single address is parsed as a network with one address. */
function parseNetwork(text: string): Network | undefined {
  const [address = '', bits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text)?.slice(1) ?? [];
  const family = familyOf(address);
  if (family === undefined) return undefined;
  const prefix = bits === undefined ? BITS[family] : Number(bits);
  if (prefix > BITS[family]) return undefined;
  const mapped = family === 'ipv6' && prefix >= MAPPED_PREFIX ? mappedIpv4(address) : undefined;
  if (mapped !== undefined) return { address: mapped, family: 'ipv4', prefix: prefix - MAPPED_PREFIX };
  return { address, family, prefix };
}

function familyOf(text: string): Family | undefined {
  const version = isIP(text);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/** Returns the IPv4 address in an IPv4-mapped IPv6 address of any notation, such as ::ffff:10.0.0.1. */
function mappedIpv4(address: string): string | undefined {
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical)?.[1];
}
