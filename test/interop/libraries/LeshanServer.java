/* A LwM2M 1.1 server on the newer Leshan libraries: says on standard output who registers, and asks each client for a few things. */
import java.net.InetSocketAddress;
import java.util.Collection;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

public class LeshanServer {
  public static void main(String[] args) throws Exception {
    var endpoints = new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider())
        .addEndpoint(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), org.eclipse.leshan.core.endpoint.Protocol.COAP).build();
    var server = new LeshanServerBuilder().setEndpointsProviders(endpoints).build();
    server.getRegistrationService().addListener(new RegistrationListener() {
      public void registered(Registration registration, Registration previous, Collection<Observation> observations) {
        System.out.println("registered " + registration.getEndpoint() + " " + registration.getLwM2mVersion() + " " + registration.getLifeTimeInSec());
        for (var format : new ContentFormat[] {ContentFormat.TLV, ContentFormat.SENML_CBOR, ContentFormat.TEXT})
          server.send(registration, new ReadRequest(format, 3, 0, 0), 5000,
              (ReadResponse response) -> System.out.println("read " + format.getName() + " " + response.getCode() + " " + ((org.eclipse.leshan.core.node.LwM2mSingleResource) response.getContent()).getValue()),
              (Exception error) -> System.out.println("failed " + error));
      }
      public void updated(RegistrationUpdate update, Registration now, Registration before) {
        System.out.println("updated " + now.getEndpoint() + " " + now.getLifeTimeInSec());
      }
      public void unregistered(Registration registration, Collection<Observation> observations, boolean expired, Registration next) {
        System.out.println("unregistered " + registration.getEndpoint());
      }
    });
    server.start();
    System.out.println("ready");
    System.in.read();
    server.destroy();
  }
}
