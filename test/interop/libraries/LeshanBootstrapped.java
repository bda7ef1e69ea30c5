/* A LwM2M 1.1 client on the newer Leshan libraries with nothing but a bootstrap account; "bootstrap" on standard input asks again. */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;

public class LeshanBootstrapped {
  public static void main(String[] args) throws Exception {
    var objects = new ObjectsInitializer();
    objects.setInstancesForObject(0, Security.noSecBootstrap(args[0]));
    objects.setClassForObject(0, Security.class);
    objects.setClassForObject(1, Server.class);
    objects.setInstancesForObject(3, new Device("Leshan", "libraries", "1"));
    var builder = new LeshanClientBuilder(args[1]);
    builder.setObjects(objects.createAll());
    builder.setEndpointsProviders(new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider()).build());
    var client = builder.build();
    client.start();
    System.out.println("ready");
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) if (line.equals("stop")) break;
    client.destroy(true);
  }
}
