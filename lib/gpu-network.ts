import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { keptLogs } from './log-group.ts';
import type { Settings } from './settings.ts';

const availabilityZones = 2;

/**
 * Where GPU hosts run. Public subnets and no NAT gateway: that would cost $32 a month idle and 4.5
 * cents a GB. Hosts take no connection from anywhere and open HTTPS only; S3 traffic stays inside.
 */
export class GpuNetwork extends Construct {
  readonly vpc: IVpc;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: availabilityZones,
      natGateways: 0,
      subnetConfiguration: [
        { name: 'Gpu', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true },
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      // Nothing uses the default group, and emptying it would take a function of its own.
      restrictDefaultSecurityGroup: false,
    });
    // The CDK's types are not written for exactOptionalPropertyTypes.
    this.vpc = vpc as IVpc;
    this.vpc.addFlowLog('Refused', {
      destination: FlowLogDestination.toCloudWatchLogs(keptLogs(this, 'FlowLogs', settings)),
      trafficType: FlowLogTrafficType.REJECT,
    });
    this.securityGroup = new SecurityGroup(this, 'Hosts', {
      vpc: this.vpc,
      description: 'GPU hosts: nothing in, HTTPS out',
      allowAllOutbound: false,
    });
    this.securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS, the API, data sets');
  }
}
