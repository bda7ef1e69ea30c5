/* A LwM2M bootstrap server on the Leshan libraries of the demo server: gives one account to one endpoint, over coap and coaps, and says how it went. */
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import org.eclipse.leshan.core.SecurityMode;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.BootstrapDownlinkRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;
import org.eclipse.leshan.server.bootstrap.BootstrapFailureCause;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.BootstrapSessionAdapter;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.californium.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.security.BootstrapSecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

public class LeshanBootstrapServer {
  /* arguments: port, secure port, endpoint client name, identity, key in hex, URI of the server that the client is to register with */
  public static void main(String[] args) throws Exception {
    var security = new BootstrapConfig.ServerSecurity();
    security.uri = args[5];
    security.securityMode = SecurityMode.NO_SEC;
    security.serverId = 123;
    var account = new BootstrapConfig.ServerConfig();
    account.shortId = 123;
    account.lifetime = 300;
    account.binding = EnumSet.of(BindingMode.U);
    var config = new BootstrapConfig();
    config.autoIdForSecurityObject = true;
    config.toDelete = List.of("/0", "/1");
    config.security.put(0, security);
    config.servers.put(0, account);
    var store = new InMemoryBootstrapConfigStore();
    var secured = args[2] + "-secured";
    store.add(args[2], config);
    store.add(secured, config);
    var key = SecurityInfo.newPreSharedKeyInfo(secured, args[3], HexFormat.of().parseHex(args[4]));
    var server = new LeshanBootstrapServerBuilder().setLocalAddress("127.0.0.1", Integer.parseInt(args[0]))
        .setLocalSecureAddress("127.0.0.1", Integer.parseInt(args[1])).setConfigStore(store)
        .setSecurityStore(new BootstrapSecurityStore() {
          // An endpoint with a key may not come without.
          public Iterator<SecurityInfo> getAllByEndpoint(String endpoint) { return endpoint.equals(secured) ? List.of(key).iterator() : null; }
          public SecurityInfo getByIdentity(String identity) { return identity.equals(args[3]) ? key : null; }
        }).build();
    server.addListener(new BootstrapSessionAdapter() {
      public void onResponseSuccess(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
        System.out.println(request.getClass().getSimpleName() + " " + request.getPath() + " " + response.getCode());
      }
      public void onResponseError(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
        System.out.println(request.getClass().getSimpleName() + " " + request.getPath() + " " + response.getCode() + " " + response.getErrorMessage());
      }
      public void end(BootstrapSession session) { System.out.println("finished"); }
      public void failed(BootstrapSession session, BootstrapFailureCause cause) { System.out.println("failed " + cause); }
    });
    server.start();
    System.out.println("ready");
    System.in.read();
    server.destroy();
  }
}
